// Package container turns the bytes of an input into named streams: what is inside archives and compressed files, nested to a
// bounded depth, told by content and never by name. Every stream is read once, hashed beside its reader and counted against
// limits. Nothing is ever written under a name that an archive gives.
//
// One file holds one kind of archive, and formats.go lists them.
package container

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"time"
)

// Kind is what a member turned out to be.
type Kind uint8

// The kinds.
const (
	Leaf       Kind = iota // a file; shown to the visitor
	Archive                // its members follow
	Unreadable             // Err says why
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case Leaf:
		return "leaf"
	case Archive:
		return "archive"
	case Unreadable:
		return "unreadable"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Member is what the walk tells of one stream. Size, SHA256, Hashed and Err are final when Visitor.Done gets it. They speak of the
// stream without the compressions in Via: of the tar in a .tar.gz, of the capture in a .pcap.gz.
type Member struct {
	Name    string   // with those of its archives before it, joined with "!/"; a label, see displayName
	Via     []string // compressions that were peeled off, outermost first
	Format  string   // of an archive, opened or not, or of a leaf that is an archive by form only, such as a letter
	Kind    Kind
	Size    int64 // bytes that could be read
	SHA256  [sha256.Size]byte
	Hashed  bool      // the stream was read to its end, and SHA256 is its hash
	ModTime time.Time // as the archive says, often without a zone; zero if it does not
	Err     error     // why it was not read, or not wholly; nil if all is well
	Depth   int       // archives around it
	Parts   int       // of which it was joined; 0: it came as a whole

	Unsorted error // why captures in an archive were walked as listed, and not in the order of their time; nil if they were not
}

// Source is one input: a file, or a plain stream such as standard input.
type Source struct {
	Name     string
	Size     int64       // of ReaderAt; a stream's is not asked for
	ReaderAt io.ReaderAt // of a file
	Reader   io.Reader   // of a stream; used where ReaderAt is nil

	Passwords []string // tried on all that is encrypted

	// FirstTime says whether a file begins like a capture, by its first bytes, and gives the time of its first packet in nanoseconds since the Unix
	// epoch; 0 if that is not in them. The captures of one series are walked in the order of these times. nil: the numbers in their names are the order.
	FirstTime func(head []byte) (isCapture bool, nanos int64)
}

// Visitor gets what the walk finds, from the goroutine that called Walk.
type Visitor interface {
	// Leaf is called with each stream that is no archive. What it leaves unread is read afterwards, for the hash. The stream ends
	// with the call. An error becomes the member's, unless it has one of its own, and the walk goes on; canceling the walk's
	// context ends it.
	Leaf(m *Member, r *Stream) error
	// Done is called once for each member, an archive's after those of its members.
	Done(m *Member)
}

// Walk reads a source and everything in it. What cannot be read is told to the visitor; the error is that of ctx, or says that src
// is no source. No goroutine outlives the call: where a stream blocks in Read, Walk ends when that returns.
//
// progress, if set, gets the number of bytes of the source that were used so far: growing, one call at a time and at most
// one for each mebibyte, but from other goroutines.
func Walk(ctx context.Context, src Source, limits Limits, v Visitor, progress func(int64)) error {
	w := &walker{ctx: ctx, visitor: v, limits: limits.withDefaults(), passwords: src.Passwords, firstTime: src.FirstTime}
	defer w.closeKept()
	used := &meter{walker: w, tell: progress, most: -1}
	in := input{layer: &layer{source: true}}
	switch {
	case src.ReaderAt != nil && src.Size >= 0:
		in.file, in.size, used.most = src.ReaderAt, src.Size, src.Size
		w.held.Store(src.Size)
		in.source = used
		in.layer.r = used.reader(io.NewSectionReader(src.ReaderAt, 0, src.Size))
	case src.ReaderAt == nil && src.Reader != nil:
		in.layer.r = used.reader(&sharedCount{src.Reader, &w.held})
	default:
		return fmt.Errorf("walk %s: it has neither bytes of a known number nor a stream", src.Name)
	}
	m := &Member{Name: displayName(src.Name, false)}
	if j, ok := src.ReaderAt.(*Joined); ok {
		m.Parts = len(j.pieces)
	}
	err := w.member(m, in)
	used.finish()
	return err
}
