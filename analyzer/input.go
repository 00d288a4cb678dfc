package analyzer

import (
	"io"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer/internal/container"
)

// Input is one file of a ticket: an archive, a capture, a path report or anything else the customer sent.
type Input struct {
	Name     string      // as the report names it
	Size     int64       // bytes; -1 if not known beforehand
	ReaderAt io.ReaderAt // set for files; zip archives need it, other streams are spooled to a temporary file
	Reader   io.Reader   // used where ReaderAt is nil, as for standard input
	ModTime  time.Time
	Role     VantagePoint // where its captures were taken, if the user says so; else they tell it

	Passwords []string // tried on what is encrypted in it
}

// source is the input as the container walk takes it.
func (in *Input) source() container.Source {
	return container.Source{Name: in.Name, Size: in.Size, ReaderAt: in.ReaderAt, Reader: in.Reader, Passwords: in.Passwords, FirstTime: firstTime}
}

// Kind says what a member of a ticket is.
type Kind string

// The kinds of the inventory.
const (
	KindCapture    Kind = "capture"
	KindPath       Kind = "path" // a report of mtr, traceroute, ping and their kin
	KindArchive    Kind = "archive"
	KindOther      Kind = "other"
	KindUnreadable Kind = "unreadable"
)

// VantagePoint is the place a capture was taken at.
type VantagePoint string

// The places.
const (
	AtClient  VantagePoint = "client"
	AtServer  VantagePoint = "server"
	AtMiddle  VantagePoint = "middle"
	AtUnknown VantagePoint = "unknown"
)

// Member is one entry of the inventory: everything in the ticket has one, used or not.
type Member struct {
	Name      string // path inside the archive, outer archives joined with "!/"; control characters already escaped
	SHA256    string // hexadecimal, of the decompressed bytes; empty if it could not be read to its end
	Bytes     int64
	Kind      Kind
	Why       Message      // why it is of that kind, or was not used
	Role      VantagePoint // captures only
	Format    string       // "pcapng", "zip", "mtr report" ...
	LinkTypes []string
	Packets   uint64
	From, To  int64 // nanoseconds since the Unix epoch; 0 without packets
	Truncated bool
	Drops     uint64 // frames the capturing system says it lost
}

// Base gives the member's name without its archives and folders.
func (m *Member) Base() string { return m.Name[strings.LastIndexByte(m.Name, '/')+1:] }
