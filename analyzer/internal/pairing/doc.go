// Package pairing finds the flows that several captures of one ticket hold in common. It relies on what survives the way
// from one capture point to the other, never on the captures' clocks.
package pairing
