package analyzer

import "github.com/capforensics/capforensics/analyzer/internal/container"

// Limits bound what one ticket may cost. Each is a flag of the command; a zero field takes its default. Reaching a limit keeps
// what was read, adds a caveat that names the flag, and makes the run partial.
type Limits struct {
	MaxBytes    int64  // expanded bytes of one ticket
	MaxRatio    int64  // expanded to compressed bytes, of one member and of the ticket so far
	MaxDepth    int    // archives inside archives
	MaxSpool    int64  // bytes of one archive inside another, and of all members that wait for others, kept in a temporary file
	MaxMembers  int    // members of one ticket
	MaxCaptures int    // captures of one ticket; the files of a ring buffer are one
	MaxFlows    int    // flows listed in the report; beyond it only those that are not clean
	MaxMemory   int64  // bytes of packets and flows kept in memory; more goes to a temporary file
	TempDir     string // for temporary files; empty: the system's
}

// Defaults of Limits.
const (
	DefaultMaxBytes    = container.DefaultMaxBytes
	DefaultMaxRatio    = container.DefaultMaxRatio
	DefaultMaxDepth    = container.DefaultMaxDepth
	DefaultMaxMembers  = container.DefaultMaxMembers
	DefaultMaxSpool    = container.DefaultMaxSpool
	DefaultMaxCaptures = 64       // both ends and what is between them, many times over; each is compared with each
	DefaultMaxFlows    = 10_000   // what a browser still opens
	DefaultMaxMemory   = 96 << 20 // two million packets and their flows; the whole program then stays below 300 MB
)

func (l Limits) withDefaults() Limits {
	set := func(v *int64, def int64) {
		if *v <= 0 {
			*v = def
		}
	}
	setInt := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&l.MaxBytes, DefaultMaxBytes)
	set(&l.MaxRatio, DefaultMaxRatio)
	set(&l.MaxSpool, DefaultMaxSpool)
	set(&l.MaxMemory, DefaultMaxMemory)
	setInt(&l.MaxDepth, DefaultMaxDepth)
	setInt(&l.MaxMembers, DefaultMaxMembers)
	setInt(&l.MaxCaptures, DefaultMaxCaptures)
	setInt(&l.MaxFlows, DefaultMaxFlows)
	return l
}

// Options change how a ticket is analysed; the zero value is right.
type Options struct {
	Limits   Limits
	Progress func(done, total int64) // bytes of the inputs read so far; called at most once for each mebibyte
}
