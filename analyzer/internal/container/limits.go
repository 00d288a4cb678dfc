package container

import "fmt"

// Limits bound what one ticket may expand to. A zero field takes its default.
type Limits struct {
	MaxBytes   int64  // bytes of all files in the ticket, expanded
	MaxRatio   int64  // expanded to compressed bytes, of one member and of the ticket so far, looked at from 64 MiB on
	MaxDepth   int    // archives around a member, and compressions of one
	MaxMembers int    // members of the ticket
	MaxSpool   int64  // bytes of one archive that is not a file by itself, and of all members that wait for others, kept in a temporary file
	TempDir    string // for that; empty: the system's

	// What earlier sources of the ticket held and expanded to, for MaxRatio: each of many may stay below it.
	Held, Expanded int64
}

// The defaults of Limits.
const (
	DefaultMaxBytes   = 64 << 30 // a day of a busy gigabit link, and what a temporary disk can be expected to hold of its log
	DefaultMaxRatio   = 1000     // deflate reaches 1032 at most, and no capture comes near it: headers differ
	DefaultMaxDepth   = 4        // a zip in a mail in a zip, with a gzip inside
	DefaultMaxMembers = 10_000   // a ring buffer of a week has fewer files
	DefaultMaxSpool   = 16 << 30 // captures of 50 GiB, zipped again; a disk for temporary files has that much
)

const (
	// ratioFrom is what a member may expand to before its ratio is looked at: a small file of zeros harms nobody.
	ratioFrom = 64 << 20
	// inMemory is the size up to which an archive that is not a file by itself is kept in memory.
	inMemory = 16 << 20
	// minDirectory and directoryEntry bound the directory of a zip, which the standard library keeps as a whole, in about six times
	// its size for the shortest entries: an entry takes 46 bytes and its name, seldom more than 200.
	minDirectory   = 16 << 20
	directoryEntry = 1 << 10
)

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultMaxBytes
	}
	if l.MaxRatio <= 0 {
		l.MaxRatio = DefaultMaxRatio
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultMaxDepth
	}
	if l.MaxMembers <= 0 {
		l.MaxMembers = DefaultMaxMembers
	}
	if l.MaxSpool <= 0 {
		l.MaxSpool = DefaultMaxSpool
	}
	return l
}

// maxDirectory is the longest directory of a zip that is read.
func (l Limits) maxDirectory() int64 {
	return max(minDirectory, int64(l.MaxMembers)*directoryEntry)
}

// LimitError says that a limit was reached. Where a flag raises the limit it has the limit's name.
type LimitError struct {
	Limit  string // max-bytes, max-ratio, max-depth, max-members or max-spool
	Value  int64
	Member string // at which it was reached
}

// Error says it, and how to raise the limit.
func (e *LimitError) Error() string {
	switch e.Limit {
	case "max-bytes":
		return fmt.Sprintf("the ticket expands to more than %s (raise --max-bytes)", byteCount(e.Value))
	case "max-ratio":
		return fmt.Sprintf("by itself or with what was read before it, it expands to more than %d times its compressed size (raise --max-ratio)", e.Value)
	case "max-depth":
		return fmt.Sprintf("it is packed more than %d times (raise --max-depth)", e.Value)
	case "max-members":
		return fmt.Sprintf("the ticket has more than %d members: what follows was not read (raise --max-members)", e.Value)
	case "max-spool":
		return fmt.Sprintf("no more than %s of what lies in an archive is kept in a temporary file (raise --max-spool, or unpack it and pass the folder)", byteCount(e.Value))
	}
	return fmt.Sprintf("it is beyond the limit %s of %d", e.Limit, e.Value)
}

// byteCount writes a limit as people set it: 64 GiB.
func byteCount(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size && n%u.size == 0 {
			return fmt.Sprintf("%d %s", n/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
