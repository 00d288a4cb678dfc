// Package route reads path reports: what mtr, traceroute, tracert, tracetcp, ping and their kin print, in every format that they have, told by
// their content. [Parse] gives each run of a tool as a [Report] with its hops; what a format does not hold stays unknown in it.
//
// A format is one file: a value that is registered, with a function that knows its first line and one that reads on from there.
package route
