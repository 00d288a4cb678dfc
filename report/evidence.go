package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report/lang"
)

const (
	// unknownHeaders is what is kept of a frame whose headers are not understood: those of any ordinary stack of protocols.
	unknownHeaders = 128
	// mostPayload bounds the payload that is kept of a frame if payloads are wanted: the longest IP datagram.
	mostPayload = 64 << 10
	// mostSentences and mostFields bound what a comment says, of findings and of fields for each: a window shows no more at a time.
	mostSentences = 8
	mostFields    = 8
)

// ErrNoEvidence says that a case has nothing for an evidence capture to show.
var ErrNoEvidence = errors.New("nothing was found that packets could show")

// Evidence writes a pcapng capture with the packets that the report cites and their neighbours. Each packet has a comment with the file and
// the frame number it comes from, those cited also what they show. Every capture point is an interface of its own, and payloads are left out
// unless o.Payload is set. frames gives the case's frames; see [analyzer.Case.ReadFrames].
func Evidence(w io.Writer, c *analyzer.Case, frames func(visit func(*analyzer.Frame) error) error, o Options) error {
	if len(c.Frames) == 0 {
		return ErrNoEvidence
	}
	e := &evidence{builder: builder{Case: c, lang: lang.For(string(o.Lang))}, payload: o.Payload, of: make([][]exhibitFrame, len(c.Captures))}
	if err := frames(e.keep); err != nil {
		return err
	}
	n := &ngWriter{w: w}
	n.section(strings.TrimSpace(Generator+" "+clean(o.Version)), e.about())
	for _, i := range e.ifaces {
		n.iface(i.link, clean(c.Captures[i.capture].Member.Name), e.place(i.capture))
	}
	said := e.comments()
	for f, ok := e.next(); ok; f, ok = e.next() {
		n.packet(f.iface, f.Time, f.data, f.origLen, e.comment(f.FrameRef, said))
	}
	if n.err != nil {
		return fmt.Errorf("write evidence capture: %w", n.err)
	}
	return nil
}

// evidence collects the frames of an evidence capture: at most analyzer.MostFrames.
type evidence struct {
	builder
	payload bool
	ifaces  []point
	of      [][]exhibitFrame // by capture; what is not written yet
}

// point is an interface: a capture point, and the link type of its frames.
type point struct {
	capture int
	link    uint16
}

type exhibitFrame struct {
	analyzer.FrameRef
	iface   int
	origLen uint32
	data    []byte
}

// keep copies what is wanted of a frame.
func (e *evidence) keep(f *analyzer.Frame) error {
	want := f.Headers
	switch {
	case e.payload:
		want += mostPayload
	case want == 0:
		want = unknownHeaders
	}
	k := exhibitFrame{FrameRef: f.FrameRef, origLen: f.OrigLen, data: bytes.Clone(f.Data[:min(want, len(f.Data))])}
	at := point{f.Capture, f.Link}
	for k.iface = 0; k.iface < len(e.ifaces) && e.ifaces[k.iface] != at; k.iface++ {
	}
	if k.iface == len(e.ifaces) {
		e.ifaces = append(e.ifaces, at)
	}
	e.of[f.Capture] = append(e.of[f.Capture], k)
	return nil
}

// next merges the captures by the times that they state, and keeps the order of the frames within each.
func (e *evidence) next() (exhibitFrame, bool) {
	first := -1
	for i, left := range e.of {
		if len(left) > 0 && (first < 0 || left[0].Time < e.of[first][0].Time) {
			first = i
		}
	}
	if first < 0 {
		return exhibitFrame{}, false
	}
	f := e.of[first][0]
	e.of[first] = e.of[first][1:]
	return f, true
}

func (e *evidence) place(capture int) string {
	t := e.lang
	return t.Say(analyzer.Msg("taken at: %s", t.T("place|"+string(e.Captures[capture].Member.Role))))
}

// about says what the file is, where its packets come from, and what it lacks.
func (e *evidence) about() string {
	t := e.lang
	say := func(format string, args ...any) string { return t.Say(analyzer.Msg(format, args...)) }
	lines := []string{
		say("Evidence for the report on %s: the packets that it cites, the handshakes, and the packets before and after.", clean(e.Name)),
		t.T("Comments give the file and the frame number that each packet comes from. Frame numbers and relative times within their sentences are those of that file."),
	}
	if e.payload {
		lines = append(lines, t.T("Payloads are as they were captured."))
	} else {
		lines = append(lines, t.T("Payloads were left out: every packet ends behind its headers."))
	}
	var listed []int // captures
	for i, p := range e.ifaces {
		m := e.Captures[p.capture].Member
		lines = append(lines, say("Interface %d: %s, %s, SHA-256 %s", i, clean(m.Name), e.place(p.capture), cmp.Or(m.SHA256, "–")))
		if len(listed) == 0 || listed[len(listed)-1] != p.capture {
			listed = append(listed, p.capture)
		}
	}
	if len(listed) > 1 {
		lines = append(lines, t.T("Each interface keeps the clock of its own capture. Clocks differ: the order of packets of different interfaces proves nothing."))
	}
	if e.FramesLeft > 0 {
		lines = append(lines, say("%d further packets were left out: an evidence capture holds at most %d.", e.FramesLeft, analyzer.MostFrames))
	}
	return strings.Join(lines, "\n")
}

// comments gives what the findings say of each frame, a line for each finding.
func (e *evidence) comments() map[analyzer.FrameRef][]string {
	said := make(map[analyzer.FrameRef][]string)
	for _, f := range e.shown() {
		fields := make(map[analyzer.FrameRef][]string)
		var order []analyzer.FrameRef
		for _, x := range f.Evidence {
			r := analyzer.FrameRef{Capture: x.Capture, Number: x.Frame, Time: x.Time}
			if fields[r] == nil {
				order = append(order, r)
			}
			if len(fields[r]) < mostFields {
				fields[r] = append(fields[r], e.field(x))
			}
		}
		for _, r := range order {
			line := fmt.Sprintf("%s: %s [%s]", f.Rule.ID, clean(e.lang.Say(e.InCapture(f))), strings.Join(fields[r], e.lang.T("; ")))
			if len(said[r]) < mostSentences {
				said[r] = append(said[r], line)
			}
		}
	}
	return said
}

// shown gives the findings whose frames are shown, in the order of the report.
func (e *evidence) shown() []*analyzer.Finding {
	var all []*analyzer.Finding
	for _, x := range e.Exhibits {
		for _, k := range e.Flows[x.Conn].Findings {
			all = append(all, e.Findings[k])
		}
	}
	for _, f := range e.Findings {
		if f.Flow < 0 {
			all = append(all, f)
		}
	}
	return all
}

func (e *evidence) field(x analyzer.Evidence) string {
	t := e.lang
	role, name, observed, expected := t.T("role|"+string(x.Role)), clean(x.Field), clean(x.Observed), clean(x.Expected)
	if expected == "" || expected == "—" { // rules write a dash where nothing is expected
		return t.Say(analyzer.Msg("%s, %s: observed %s", role, name, observed))
	}
	return t.Say(analyzer.Msg("%s, %s: observed %s, expected %s", role, name, observed, expected))
}

func (e *evidence) comment(r analyzer.FrameRef, said map[analyzer.FrameRef][]string) string {
	m, number := e.Captures[r.Capture].Origin(r.Number)
	origin := e.lang.Say(analyzer.Msg("original frame %d of %s", number, clean(m.Name)))
	return strings.Join(append([]string{origin}, said[r]...), "\n")
}
