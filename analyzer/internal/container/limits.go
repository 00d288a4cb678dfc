package container

import "fmt"

// Limits bound what one ticket may expand to. A zero field takes its default.
type Limits struct {
	MaxBytes   int64  // expanded bytes in all
	MaxRatio   int64  // expanded to compressed bytes of a member, once it has given ratioFrom
	MaxDepth   int    // archives inside archives
	MaxMembers int    // members in all
	MaxSpool   int64  // bytes of an inner zip, or of one from standard input, kept in a temporary file
	TempDir    string // for those; empty: the system's
}

const (
	// ratioFrom is what a member may expand to before its ratio is looked at: a small file of zeros harms nobody.
	ratioFrom = 64 << 20
	// inMemory is up to where an inner zip is kept in memory instead of a file.
	inMemory = 16 << 20
	// maxDirectory bounds a zip's central directory, which has to be read as a whole.
	maxDirectory = 256 << 20
)

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = 64 << 30
	}
	if l.MaxRatio <= 0 {
		l.MaxRatio = 1000
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = 4
	}
	if l.MaxMembers <= 0 {
		l.MaxMembers = 10_000
	}
	if l.MaxSpool <= 0 {
		l.MaxSpool = 16 << 30
	}
	return l
}

// LimitError says that a limit was reached, and which flag raises it.
type LimitError struct {
	What string
	Flag string
}

// Error says it.
func (e *LimitError) Error() string { return fmt.Sprintf("%s (raise %s)", e.What, e.Flag) }

// budget is what is left of a ticket's limits.
type budget struct {
	Limits
	bytes   int64 // expanded so far
	members int
}

// guard counts the expanded bytes of one member.
type guard struct {
	*budget
	out        int64
	compressed func() int64 // bytes consumed of the compressed form; nil if the member is stored
}

// take accounts for n more bytes.
func (g *guard) take(n int) error {
	g.bytes += int64(n)
	g.out += int64(n)
	if g.bytes > g.MaxBytes {
		return &LimitError{fmt.Sprintf("the ticket expands to more than %d bytes", g.MaxBytes), "--max-bytes"}
	}
	if g.compressed != nil && g.out > ratioFrom && g.out/g.MaxRatio > g.compressed() {
		return &LimitError{fmt.Sprintf("it expands to more than %d times its compressed size", g.MaxRatio), "--max-ratio"}
	}
	return nil
}
