package analyzer

import (
	"context"
	"errors"
	"fmt"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/container"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// Frame is a frame of a capture as the file holds it. Data is valid until the call that got it returns.
type Frame struct {
	FrameRef
	Link    uint16 // LINKTYPE_ of its interface
	OrigLen uint32
	Data    []byte
	// Headers is how much of Data the headers take, in ICMP errors those of the quoted packet too; 0 if they are not understood.
	Headers int
}

// ErrReadOnce says that an input was a stream and cannot be read again.
var ErrReadOnce = errors.New("a pipe can be read once only")

// ReadFrames reads the inputs that the case was made of again and shows visit each frame of c.Frames, in their order. It keeps nothing and
// stops behind the last of them. The limits are those of the analysis: a file that one of them has cut is cut again. An input that does not read as it did before is an error, as is what visit returns.
func (c *Case) ReadFrames(ctx context.Context, inputs []Input, visit func(*Frame) error) error {
	inputs, _ = joinVolumes(ctx, inputs)
	wanted := make([][]FrameRef, len(inputs)) // by input
	for _, r := range c.Frames {
		in := c.Captures[r.Capture].part(r.Number).input
		if in >= len(inputs) {
			return errors.New("read frames: these are not the inputs of the case")
		}
		wanted[in] = append(wanted[in], r)
	}
	for i, in := range inputs {
		if len(wanted[i]) == 0 {
			continue
		}
		if in.ReaderAt == nil {
			return fmt.Errorf("read %s again: %w", in.Name, ErrReadOnce)
		}
		if err := c.readFrames(ctx, i, in, wanted[i], visit); err != nil {
			return err
		}
	}
	return nil
}

func (c *Case) readFrames(ctx context.Context, index int, in Input, wanted []FrameRef, visit func(*Frame) error) error {
	walk, stop := context.WithCancel(ctx)
	defer stop()
	f := &fetcher{stop: stop, wanted: wanted, visit: visit}
	for _, k := range c.Captures {
		for i := range k.Parts {
			if k.Parts[i].input == index {
				f.parts = append(f.parts, piece{k.Index, &k.Parts[i]})
			}
		}
	}
	err := container.Walk(walk, in.source(), c.walked[index], f, nil)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case f.err != nil:
		return f.err
	case len(f.wanted) == 0:
		return nil // the walk was ended on purpose
	case err != nil:
		return fmt.Errorf("read %s again: %w", in.Name, err)
	}
	return changed(c.Captures[f.wanted[0].Capture].Member.Name, f.wanted[0].Number)
}

func changed(name string, frame uint32) error {
	return fmt.Errorf("read %s again: frame %d is not what it was: the file has changed since it was analysed", name, frame)
}

// fetcher shows the wanted frames of one input.
type fetcher struct {
	parts  []piece    // of the input that are still to come
	wanted []FrameRef // likewise
	visit  func(*Frame) error
	stop   func()
	err    error
}

// piece is a file of a capture.
type piece struct {
	capture int // index in Case.Captures
	*Part
}

func (p *piece) holds(r FrameRef) bool {
	return r.Capture == p.capture && p.First <= uint64(r.Number) && uint64(r.Number) < p.First+p.Frames
}

// Leaf reads a capture as far as frames of it are wanted. Which capture it is its place tells: names may be there twice.
func (f *fetcher) Leaf(m *container.Member, r *container.Stream) error {
	head, _ := r.Peek(headLen) // a short or failing stream is told by what there is
	if capture.Sniff(head) == "" || len(f.parts) == 0 {
		return nil
	}
	rd, err := capture.NewReader(r)
	if err != nil {
		return nil
	}
	p := f.parts[0]
	f.parts = f.parts[1:]
	if len(f.wanted) == 0 || !p.holds(f.wanted[0]) {
		return nil
	}
	if f.err = f.read(&p, m.Name, rd); f.err != nil || len(f.wanted) == 0 {
		f.stop()
	}
	return nil
}

// Done has nothing to do.
func (*fetcher) Done(*container.Member) {}

func (f *fetcher) read(p *piece, name string, rd *capture.Reader) error {
	var seg wire.Segment
	for len(f.wanted) > 0 && p.holds(f.wanted[0]) {
		want := f.wanted[0]
		number := uint64(want.Number) - p.First + 1
		for rd.Next() && rd.Record().Frame < number {
		}
		rec := rd.Record()
		if name != p.Member.Name || rec.Frame != number || rec.HasTime && rec.Time != want.Time {
			return changed(name, uint32(number))
		}
		shown := Frame{FrameRef: want, Link: rec.Link, OrigLen: rec.OrigLen, Data: rec.Data}
		wire.Decode(rec.Link, rec.Data, rec.OrigLen, &seg)
		shown.Headers = seg.HeaderLen(rec.Data)
		if err := f.visit(&shown); err != nil {
			return err
		}
		f.wanted = f.wanted[1:]
	}
	return nil
}
