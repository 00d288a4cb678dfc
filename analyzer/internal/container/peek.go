package container

import (
	"context"
	"errors"
	"io"
)

const (
	// shortPeek tells most captures and the time of their first packet: one of an Ethernet, or of a trace with segments joined by the network card,
	// in part, behind the header of a file.
	shortPeek = 4096
	// longPeek holds the largest packet of IP behind the header of a file and what describes interfaces.
	longPeek = 128 << 10
)

// Begins gives the time of the first packet of a source that is a capture, compressed or not, in nanoseconds since the Unix epoch; 0 if that is
// not told by its first bytes. Of a source only ReaderAt is read.
func Begins(ctx context.Context, src Source) int64 {
	w := &walker{ctx: ctx, limits: Limits{}.withDefaults(), firstTime: src.FirstTime}
	return w.begins(func() io.Reader { return io.NewSectionReader(src.ReaderAt, 0, src.Size) })
}

// begins does so for what open reads from the beginning.
func (w *walker) begins(open func() io.Reader) int64 {
	if w.firstTime == nil {
		return 0
	}
	for _, n := range []int{shortPeek, longPeek} {
		r := open()
		head := w.headOf(r, n)
		if c, ok := r.(io.Closer); ok {
			closeDecoder(c)
		}
		if isCapture, t := w.firstTime(head); t != 0 || !isCapture || len(head) < n {
			return t
		}
	}
	return 0
}

// headOf gives the first bytes of a file, at most n, without the compressions around it; none of an archive, and what could be read of a file that is
// damaged.
func (w *walker) headOf(r io.Reader, n int) []byte {
	head := make([]byte, 0, n)
	p := &walker{ctx: w.ctx, visitor: nobody{}, limits: w.limits, peeked: &head}
	p.stream(&Member{}, input{layer: &layer{r: r}})
	return head
}

// peek takes the head that is wanted.
func (w *walker) peek(f *format, r io.Reader) error {
	if f != nil {
		return nil
	}
	n, err := readFull(r, (*w.peeked)[:cap(*w.peeked)])
	*w.peeked = (*w.peeked)[:n]
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// nobody is a visitor that nothing is told.
type nobody struct{}

func (nobody) Leaf(*Member, *Stream) error { return nil }
func (nobody) Done(*Member)                {}
