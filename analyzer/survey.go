package analyzer

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/container"
	"github.com/capforensics/capforensics/analyzer/internal/probe"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// survey reads every input once: members into the inventory, captures into flow tables.
func (a *analysis) survey(ctx context.Context, inputs []Input) error {
	inputs, broken := joinVolumes(ctx, inputs)
	for _, s := range broken {
		if s.Missing == 0 {
			a.caveat(nil, 0, true, "the files named like parts of %s are together no archive: each was looked at by itself", s.Name)
			continue
		}
		a.caveat(nil, 0, true, "%s came in parts, and part %d is missing: pass all parts together", s.Name, s.Missing)
	}
	var total, done, held, bytes int64
	for _, in := range inputs {
		total += max(in.Size, 0)
	}
	for i, in := range inputs {
		v := &visitor{analysis: a, ctx: ctx, input: i, role: in.Role, members: make(map[*container.Member]*Member)}
		before, start := len(a.Members), done
		progress := func(n int64) {
			done = start + n
			if a.opts.Progress != nil {
				a.opts.Progress(done, total)
			}
		}
		// The limits are the ticket's: each input gets what those before it have left.
		limits := container.Limits{MaxBytes: max(a.limits.MaxBytes-bytes, 1), MaxRatio: a.limits.MaxRatio, MaxDepth: a.limits.MaxDepth, MaxSpool: a.limits.MaxSpool,
			MaxMembers: max(a.limits.MaxMembers-len(a.Members), 1), TempDir: a.limits.TempDir,
			Held: held, Expanded: bytes}
		a.walked = append(a.walked, limits)
		if err := container.Walk(ctx, in.source(), limits, v, progress); err != nil {
			return fmt.Errorf("read %s: %w", in.Name, err)
		}
		soFar := bytes
		for _, m := range a.Members[before:] {
			if m.Kind != KindArchive {
				bytes += m.Bytes
			}
		}
		if in.Size >= 0 {
			held += in.Size
		} else { // a stream: what it held packed nobody has counted
			held += bytes - soFar
		}
	}
	a.finish()
	if a.beyond > 0 {
		a.caveat(nil, 0, true, "the ticket has more than %d captures: %d of them were not read (raise --max-captures)", a.limits.MaxCaptures, a.beyond)
	}
	return nil
}

// visitor enters what the container walk finds into the case.
type visitor struct {
	*analysis
	ctx     context.Context
	members map[*container.Member]*Member
	input   int // that is walked, and where its captures were taken if the user says so
	role    VantagePoint
}

// Leaf reads one stream: a capture into flows, text into path reports, anything else only as far as it takes to say what it is.
func (v *visitor) Leaf(cm *container.Member, r *container.Stream) error {
	m := &Member{Name: cm.Name}
	v.members[cm] = m
	head, _ := r.Peek(headLen) // a short or failing stream is told by what there is
	if format := capture.Sniff(head); format != "" {
		m.Kind, m.Format = KindCapture, format
		v.capture(m, r)
		return v.ctx.Err()
	}
	describe(m, head)
	switch {
	case m.Kind == KindUnreadable:
		v.Caveats = append(v.Caveats, Caveat{Member: m.Name, Text: m.Why, Partial: true})
	case mayBeText(m.Format):
		v.pathReports(m, r)
	}
	return v.ctx.Err()
}

// headLen is what telling a file by its content looks at.
const headLen = 4096

// Done completes the inventory's entry once the member was read to its end.
func (v *visitor) Done(cm *container.Member) {
	m := v.members[cm]
	if m == nil {
		m = &Member{Name: cm.Name, Format: cm.Format, Kind: KindArchive}
		if cm.Kind == container.Unreadable {
			m.Kind = KindUnreadable
		}
	}
	delete(v.members, cm)
	m.Bytes = cm.Size
	if cm.Hashed {
		m.SHA256 = hex.EncodeToString(cm.SHA256[:])
	}
	if cm.Format != "" && m.Kind == KindOther {
		m.Format = cm.Format
	}
	if cm.Err != nil {
		var over *container.LimitError
		if v.reached == nil && errors.As(cm.Err, &over) {
			v.reached = over
		}
		if m.Kind == KindOther {
			m.Kind = KindUnreadable
		}
		m.Why = Msg("not read to its end: %s", cm.Err.Error())
		m.Truncated = m.Truncated || m.Kind == KindCapture
		v.caveat(m, 0, true, "not read to its end: %s", cm.Err.Error())
	}
	if cm.Unsorted != nil {
		v.caveat(m, 0, true, "captures in it were read as listed and not in the order of their time: %s", cm.Unsorted.Error())
	}
	if cm.Parts > 0 && m.Why.IsZero() {
		m.Why = Msg("joined from %d parts", cm.Parts)
	}
	v.Members = append(v.Members, m)
}

// capture surveys one file of a capture.
func (v *visitor) capture(m *Member, r capture.Source) {
	rd, err := capture.NewReader(r)
	if err != nil {
		m.Kind, m.Why = KindUnreadable, Msg("not a readable capture: %s", err.Error())
		v.caveat(m, 0, true, "not a readable capture: %s", err.Error())
		return
	}
	o, more := v.open, rd.Next()
	if o != nil && (more && o.goesOn(m, v.role, rd.Info().Format, rd.Record()) || !more && rd.Err() == nil && o.follows(m, v.role, rd.Info().Format)) {
		o.join(m)
	} else {
		if o != nil {
			v.findGap(o, m)
		}
		v.finish() // also where the limit is reached: nothing is read behind a file that was left out, as ReadFrames counts on it
		if len(v.Captures) == v.limits.MaxCaptures {
			m.Kind, m.Why = KindUnreadable, Msg("not read: the ticket has more than %d captures (raise --max-captures)", v.limits.MaxCaptures)
			v.beyond++
			return
		}
		o = v.begin(m, rd.Info().Format)
	}
	first := o.packets + 1
	o.follow(rd, more)
	p := o.part(m, rd, v.input, first)
	if err := rd.Err(); err != nil {
		v.caveat(m, p.Frames, true, "the capture ends early: %s", err.Error())
	}
	noteInfo(v.analysis, m, rd.Info())
	var filters []string
	for _, i := range rd.Info().Interfaces {
		filters = append(filters, i.Filter)
	}
	for _, f := range o.noteFilters(filters) {
		v.caveat(m, 0, false, "the capture was taken with the filter %q: what that leaves out is not in it", f)
	}
}

// tally is what reading one capture counted beside its flows.
type tally struct {
	packets     uint64
	from, to    int64
	last        int64                    // time of the last frame that has one
	span        struct{ from, to int64 } // of the file in hand
	silence     int64                    // the longest between two frames of a file
	resolution  int64
	backwards   uint64
	untimed     uint64
	aggregates  uint64      // frames that hold several packets, of which the first is followed
	esp         uint64      // datagrams of UDP that carry ESP
	reasons     [256]uint64 // frames not followed, by wire.Reason
	firstFrame  [256]uint64
	unusedTypes map[string]uint64
	links       []uint16
	fragments   fragments
	probes      probe.Collector
	oddities
}

func newTally() *tally { return &tally{resolution: 1e9, unusedTypes: make(map[string]uint64)} }

// follow is the loop that every frame of a file passes, the first of which was read if more is set: no allocation, no error value, nothing by name.
func (o *reading) follow(rd *capture.Reader, more bool) {
	n, t, before := o.tally, o.table, o.tally.packets
	n.span.from, n.span.to = 0, 0
	var seg wire.Segment
	lastLink := -1
	for ; more; more = rd.Next() {
		rec := rd.Record()
		frame := before + rec.Frame
		n.packets++
		if rec.HasTime {
			n.clock(rec.Time)
		} else {
			n.untimed++
		}
		if int(rec.Link) != lastLink {
			lastLink = int(rec.Link)
			if !slices.Contains(n.links, rec.Link) {
				n.links = append(n.links, rec.Link)
			}
		}
		n.interfaces |= 1 << (rec.Interface & 63)
		if rec.CapLen < rec.OrigLen {
			n.cut, n.cutTo = n.cut+1, max(n.cutTo, uint64(rec.CapLen))
		}
		reason := wire.Decode(rec.Link, rec.Data, rec.OrigLen, &seg)
		if n.packets <= macFrames {
			o.learn(&seg)
		}
		if seg.MF || seg.FragOff > 0 {
			n.fragments.add(frame, n.last, &seg)
		}
		if seg.Outer.MF {
			n.fragments.addOuter(frame, n.last, &seg.Outer)
		}
		if seg.Aggregate {
			n.aggregates++
		}
		if reason != wire.Understood {
			n.unused(reason, frame, rec.Link, &seg)
			if reason != wire.BadTransport {
				continue
			}
		}
		if seg.ESP {
			n.esp++
		}
		n.note(&seg)
		n.probes.Add(uint32(frame), n.last, &seg)
		t.Add(frame, n.last, &seg)
	}
}

func (n *tally) clock(time int64) {
	switch {
	case n.from == 0 && n.to == 0:
		n.from, n.to = time, time
	case time < n.last-1e6: // a millisecond: less is the reordering of queues and processors
		n.backwards++
	}
	n.from, n.to = min(n.from, time), max(n.to, time)
	if n.span.from == 0 && n.span.to == 0 {
		n.span.from, n.span.to = time, time
	} else {
		n.silence = max(n.silence, time-n.last)
	}
	n.span.from, n.span.to = min(n.span.from, time), max(n.span.to, time)
	if d := time - n.last; d > 0 && d < n.resolution && n.last != 0 {
		n.resolution = d
	} else if d == 0 {
		n.ties++
	}
	n.last = time
}

func (n *tally) unused(reason wire.Reason, frame uint64, link uint16, seg *wire.Segment) {
	n.reasons[reason]++
	if n.firstFrame[reason] == 0 {
		n.firstFrame[reason] = frame
	}
	const maxNames = 64
	var name string
	switch reason {
	case wire.NotIP:
		name = wire.EtherTypeName(seg.EtherType)
	case wire.OtherTransport:
		name = wire.ProtoName(seg.Proto)
	case wire.UnknownLink:
		name = wire.LinkName(link)
	default:
		return
	}
	if _, ok := n.unusedTypes[name]; ok || len(n.unusedTypes) < maxNames {
		n.unusedTypes[name]++
	}
}

func (a *analysis) describeCapture(o *reading) {
	c, m, n, t := o.Capture, o.Member, o.tally, o.table
	for _, l := range n.links {
		m.LinkTypes = append(m.LinkTypes, wire.LinkName(l))
	}
	var v vantage
	twice := renamed{seen: make(map[[2]flow.Seq]bool)}
	c.answering = make(map[flow.Endpoint]bool)
	if err := t.Summaries(func(s *flow.Summary) bool {
		v.add(s)
		twice.add(s)
		if server := s.Server(); server.SeenSYN && len(c.answering) < maxAnswering {
			c.answering[server.Endpoint] = true
		}
		return true
	}); err != nil {
		a.caveat(m, 0, true, "flows could not be read back: %s", err.Error())
	}
	m.Role = v.point()
	if o.asked != "" {
		m.Role = o.asked
	}
	for _, p := range c.Parts {
		p.Member.Role, p.Member.LinkTypes = m.Role, m.LinkTypes
	}
	k := &t.Counts
	c.Hosts, c.names = t.Hosts, t.Names()
	c.Health = Health{TCP: k.TCP, UDP: k.UDP, ICMP: k.ICMP, TCPFlows: k.Flows, Resets: k.Resets, Duplicates: k.Duplicates, AcksUnseen: k.AcksUnseen,
		Offloaded: k.Offloaded, Cut: k.Cut, CutICMP: k.CutICMP, CutICMPAt: k.CutICMPAt, CutICMPFrame: k.CutICMPFrame, Backwards: n.backwards, Tunnelled: n.reasons[wire.Tunnel], OneWayFlows: k.OneWay, MidStream: k.MidStream, Resolution: n.resolution,
		Coarse: coarse(n.resolution, n.packets, n.ties), Renamed: twice.count, Snapped: n.cut, CutTo: n.cutTo, Interfaces: uint64(bits.OnesCount64(n.interfaces)), Edited: edited(t.Hosts, k, &n.oddities)}
	if n.packets > 0 {
		if a.From == 0 && a.To == 0 {
			a.From, a.To = n.from, n.to
		}
		a.From, a.To = min(a.From, n.from), max(a.To, n.to)
	}
}
