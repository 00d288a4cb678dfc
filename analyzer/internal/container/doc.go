// Package container turns the bytes of an input into named streams: what is inside archives and compressed files, nested to a
// bounded depth, told by content and never by name. Every byte is read once, hashed beside the reader, and counted against limits.
// Nothing is ever written under a name that an archive gives.
package container
