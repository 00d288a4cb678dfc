package analyzer

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

const (
	// MostFrames bounds the frames of an evidence capture: eight connections with forty cited frames each and their neighbours, and more
	// than anybody looks through.
	MostFrames = 2000
	// neighbours on either side show what a cited packet answers and what follows from it.
	neighbours = 2
)

// FrameRef names a frame of a capture.
type FrameRef struct {
	Capture int    // index in Case.Captures
	Number  uint32 // from 1, as Wireshark counts
	Time    int64  // nanoseconds since the Unix epoch; of a frame without a time, that of the frame before it
}

// prove lists the frames that show what was found in the exhibits: those cited, the handshakes, and the neighbours, in every capture that
// holds the connection. Beyond MostFrames the neighbours are left out first.
func (a *analysis) prove() error {
	if len(a.Exhibits) == 0 {
		return nil // nothing went wrong; a remark on the ticket needs no proof
	}
	var p proof
	for _, f := range a.Findings {
		if f.Flow < 0 || slices.ContainsFunc(a.Exhibits, func(e *Exhibit) bool { return e.Conn == f.Flow }) {
			for _, x := range f.Evidence {
				p.cite(FrameRef{x.Capture, x.Frame, x.Time})
			}
		}
	}
	shown := make([]map[likeness]bool, len(a.Exhibits))
	for i, e := range a.Exhibits {
		shown[i] = p.around(e.Capture, e.Flow)
	}
	for c, t := range a.tables {
		var others []flow.Summary
		var of []int // exhibits
		for i, e := range a.Exhibits {
			for _, s := range a.Flows[e.Conn].Seen {
				if s.Capture == c && (c != e.Capture || s.ID != e.ID) {
					others, of = append(others, s.Summary), append(of, i)
				}
			}
		}
		flows, err := t.Load(others)
		if err != nil {
			return err
		}
		for k, f := range flows {
			p.around(c, f)
			p.alike(c, f, shown[of[k]])
		}
	}
	a.Frames, a.FramesLeft = p.list()
	return nil
}

// proof collects frames, the indispensable ones apart.
type proof struct {
	cited, opening, beside []FrameRef
	isCited                map[FrameRef]bool
}

func (p *proof) cite(r FrameRef) {
	if p.isCited == nil {
		p.isCited = make(map[FrameRef]bool)
	}
	if r.Number > 0 && !p.isCited[r] { // no frame is 0: one rule's slip is not to cost the whole capture
		p.isCited[r] = true
		p.cited = append(p.cited, r)
	}
}

// likeness tells a packet where another capture holds it too.
type likeness struct {
	seq, ack flow.Seq
	len      uint32
	flags    flow.Flags
	side     flow.Side
}

func likenessOf(p *flow.Packet) likeness { return likeness{p.Seq, p.Ack, p.Len, p.Flags, p.Side} }

// around adds the handshake of a connection, and the neighbours of its cited packets, and gives what it added.
func (p *proof) around(capture int, f *flow.Flow) map[likeness]bool {
	added := make(map[likeness]bool)
	ref := func(i int) FrameRef { return FrameRef{capture, f.Packets[i].Frame, f.Packets[i].Time} }
	for i := range f.Packets {
		if f.Packets[i].IsTCP() && f.Packets[i].Flags.Any(flow.SYN) {
			p.opening = append(p.opening, ref(i))
		}
		if !p.isCited[ref(i)] {
			continue
		}
		for k := max(i-neighbours, 0); k <= min(i+neighbours, len(f.Packets)-1); k++ {
			p.beside = append(p.beside, ref(k))
			added[likenessOf(&f.Packets[k])] = true
		}
	}
	return added
}

// alike adds what the exhibit shows of a connection as another capture holds it, so that the two can be laid side by side.
func (p *proof) alike(capture int, f *flow.Flow, shown map[likeness]bool) {
	for i := range f.Packets {
		if k := &f.Packets[i]; f.Proto == flow.TCP && k.IsTCP() && shown[likenessOf(k)] {
			p.beside = append(p.beside, FrameRef{capture, k.Frame, k.Time})
		}
	}
}

// list gives the frames in order, and how many did not fit.
func (p *proof) list() (frames []FrameRef, left int) {
	known := make(map[FrameRef]bool)
	for _, all := range [][]FrameRef{p.cited, p.opening, p.beside} {
		for _, r := range all {
			switch {
			case known[r]:
			case len(frames) == MostFrames:
				left++
			default:
				frames = append(frames, r)
			}
			known[r] = true
		}
	}
	slices.SortFunc(frames, func(x, y FrameRef) int {
		return cmp.Or(cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.Number, y.Number))
	})
	return frames, left
}
