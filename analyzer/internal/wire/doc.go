// Package wire reads the headers of a frame in place: views over the captured bytes, no allocation, no error values. Values are
// raw: nothing is clamped or repaired. What a frame does not say, or what is not understood, is told by a [Reason]. Tunnels are
// opened (tunnel.go): a [Segment] tells of the innermost packet, and what it was carried in.
//
// A link type is one call of registerLink (link.go).
package wire
