package capture

import (
	"errors"
	"fmt"
	"io"
)

// Source is what a reader needs: *bufio.Reader and container.Stream satisfy it. Peek must grant at least MaxRecord bytes.
type Source interface {
	Peek(n int) ([]byte, error)
	Discard(n int) (int, error)
	Read(p []byte) (int, error)
}

// MaxRecord is the largest captured length that is believed: libpcap's MAXIMUM_SNAPLEN, and the bound of tcpdump and Wireshark. A
// length beyond it is a corrupt header, behind which nothing can be found again.
const MaxRecord = 262144

// Record is one frame, valid until the next call of Next. Values are as the file says.
type Record struct {
	Frame     uint64 // from 1, as Wireshark counts: every packet of the file
	Time      int64  // nanoseconds since the Unix epoch
	HasTime   bool   // false for simple packet blocks
	Link      uint16 // LINKTYPE_ of its interface
	Interface uint32 // pcapng: number within the section
	CapLen    uint32
	OrigLen   uint32
	Data      []byte
	Dropped   uint32 // frames lost just before this one, where the file says so
}

// Error says where and why reading ended before the end of the file.
type Error struct {
	Offset    int64  // of the record or block
	Frame     uint64 // last frame read
	Truncated bool   // the file ends inside a record
	Err       error
}

// Error says it in a sentence.
func (e *Error) Error() string {
	return fmt.Sprintf("read record after frame %d at offset %d: %v", e.Frame, e.Offset, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

var (
	errCut    = errors.New("the file ends inside it")
	errLength = errors.New("its length is impossible")
)

// FormatError says that a file is no capture that can be read.
type FormatError struct{ Reason string }

// Error says it.
func (e *FormatError) Error() string { return e.Reason }

// Reader reads the records of one capture.
type Reader struct {
	src    Source
	offset int64 // of what src gives next
	pend   int   // bytes of the current record, discarded by the next call
	rec    Record
	info   Info
	err    error
	done   bool
	next   func(*Reader) bool
	pcap   pcapState
	ng     ngState
	netmon netmonState
	hex    hexState
}

// NewReader tells the format by its content.
func NewReader(src Source) (*Reader, error) {
	head, err := src.Peek(HeadLen) // the file may be shorter
	if len(head) < 4 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, &FormatError{"the file is too short to be a capture"}
	}
	f, name := formatOf(head)
	if f == nil {
		return nil, &FormatError{"the file is no capture of a kind that is read"}
	}
	r := &Reader{src: src}
	r.info.Format = name
	if err := f.open(r, head); err != nil {
		return nil, err
	}
	return r, nil
}

// Next moves to the next record. It returns false at the end of the file or at an error; see Err.
func (r *Reader) Next() bool { return !r.done && r.next(r) }

// Record gives the current record, valid until the next call of Next.
func (r *Reader) Record() *Record { return &r.rec }

// Err says why reading ended early: nil, or an *Error.
func (r *Reader) Err() error { return r.err }

// Info gives what the file says of itself, complete when Next has returned false.
func (r *Reader) Info() *Info { return &r.info }

// skip passes the current record.
func (r *Reader) skip() bool {
	if r.pend > 0 {
		n, err := r.src.Discard(r.pend)
		r.offset += int64(n)
		r.pend = 0
		if err != nil {
			return r.fail(errCut, true, err)
		}
	}
	return true
}

// fail ends reading. cause is what the underlying reader said, if it did.
func (r *Reader) fail(why error, truncated bool, cause error) bool {
	r.done = true
	if cause != nil && !errors.Is(cause, io.EOF) && !errors.Is(cause, io.ErrUnexpectedEOF) {
		why = cause
	}
	r.err = &Error{Offset: r.offset, Frame: r.rec.Frame, Truncated: truncated, Err: why}
	return false
}

// end ends reading at a record boundary.
func (r *Reader) end(cause error) bool {
	r.done = true
	if cause != nil && !errors.Is(cause, io.EOF) {
		return r.fail(cause, true, cause)
	}
	return false
}
