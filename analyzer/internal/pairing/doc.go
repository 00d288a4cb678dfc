// Package pairing finds the flows that several captures of one ticket hold in common, matches their packets one by one ([Match]), and tells
// how far the captures' clocks are apart. It relies on what survives the way from one capture point to the other, never on the clocks.
package pairing
