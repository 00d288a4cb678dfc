// Package flow is the model of a flow, a TCP connection or the datagrams between two UDP ports, as one capture shows it: what was counted while the capture streamed
// by ([Summary]), and, for the connections that need a closer look, every packet of it ([Flow]).
//
// The package holds facts only. It knows nothing of files, of rules or of verdicts, and imports the standard library alone.
// All values are raw wire values: nothing is clamped, repaired or guessed, and what was not seen is marked as not seen.
package flow
