package analyzer

import (
	"errors"
	"time"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/container"
	"github.com/capforensics/capforensics/analyzer/internal/flowtab"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// This file joins the files of a ring buffer (tcpdump -C, -G, -W; dumpcap -b) into one capture: a connection goes on from one into the next.

// Part is a file of a capture. Most captures have one.
type Part struct {
	Member *Member
	First  uint64 // number of its first frame within the capture, from 1
	Frames uint64

	input int // of the ticket, that holds it
}

// Origin gives the file that holds a frame, and its number there.
func (c *Capture) Origin(frame uint32) (m *Member, number uint32) {
	if len(c.Parts) < 2 {
		return c.Member, frame
	}
	p := c.part(frame)
	return p.Member, frame - uint32(p.First) + 1
}

func (c *Capture) part(frame uint32) *Part {
	for i := len(c.Parts) - 1; i > 0; i-- {
		if c.Parts[i].First <= uint64(frame) {
			return &c.Parts[i]
		}
	}
	return &c.Parts[0]
}

// reading is the capture that is being read: the next file may continue it.
type reading struct {
	*Capture
	table *flowtab.Table
	*tally
	format string
	series [2]string    // of its files; see container.SeriesOf
	asked  VantagePoint // where it was taken, if the user says so
	macs   map[[6]byte]bool
	seen   map[string]bool // names of its files
}

const (
	// A file of a ring begins where the one before ends, by some milliseconds for what the kernel's queues put in another order.
	mostOverlap = 10 * time.Millisecond
	// mostGap is how long nothing may have been captured in between, where hardware addresses show that it is the same network: a ring
	// changes its file with the first packet that does not fit, or is due, and where nobody speaks that may take long.
	mostGap = time.Hour
	// mostBlindGap is likewise where frames carry no hardware addresses, or such as are in every network.
	mostBlindGap = 10 * time.Second
	// macFrames are looked at for the hardware addresses of a network, and mostMACs of these are kept.
	macFrames, mostMACs = 4096, 64
)

// follows says that a file may continue the capture, by its name and format; the user may say where both were taken. One that holds nothing does, as
// of a time in which nobody spoke.
func (o *reading) follows(m *Member, asked VantagePoint, format string) bool {
	return o.packets > 0 && asked == o.asked && format == o.format && container.SeriesOf(m.Name) == o.series && !o.seen[m.Name]
}

// goesOn says that a file continues the capture, by its first frame, too.
func (o *reading) goesOn(m *Member, asked VantagePoint, format string, rec *capture.Record) bool {
	if !o.follows(m, asked, format) || !rec.HasTime || o.links[0] != rec.Link {
		return false
	}
	gap := time.Duration(rec.Time - o.to)
	var seg wire.Segment
	wire.Decode(rec.Link, rec.Data, rec.OrigLen, &seg)
	if seg.HasMAC && len(o.macs) > 0 {
		if !o.macs[seg.SrcMAC] || !o.macs[seg.DstMAC] {
			return false
		}
		if ofOneHost(seg.SrcMAC) && ofOneHost(seg.DstMAC) {
			return -mostOverlap <= gap && gap <= mostGap
		}
	}
	return -mostOverlap <= gap && gap <= mostBlindGap
}

// begin starts a capture with a file.
func (v *visitor) begin(m *Member, format string) *reading {
	share := max(v.budget/4*3, 0) // most tickets hold one large capture, or two
	o := &reading{Capture: &Capture{Index: len(v.Captures), Member: m}, table: flowtab.New(share, v.limits.TempDir), tally: newTally(), format: format,
		series: container.SeriesOf(m.Name), asked: v.role, macs: make(map[[6]byte]bool), seen: map[string]bool{m.Name: true}}
	v.tables, v.Captures, v.open = append(v.tables, o.table), append(v.Captures, o.Capture), o
	return o
}

// finish ends the capture that is being read: no further file continues it.
func (a *analysis) finish() {
	o := a.open
	if o == nil {
		return
	}
	a.open = nil
	m := o.Member
	if len(o.Parts) > 1 {
		m.Packets, m.From, m.To, m.Drops = o.packets, o.tally.from, o.tally.to, 0
		for _, p := range o.Parts {
			m.Drops, m.Truncated = m.Drops+p.Member.Drops, m.Truncated || p.Member.Truncated
		}
	}
	o.fragments.finish(o.tally.to)
	o.table.Finish()
	a.budget -= o.table.Memory()
	if err := o.table.Err(); err != nil {
		a.caveat(m, 0, true, "packets were lost on their way to a temporary file: %s", err.Error())
	}
	a.describeCapture(o)
	a.findHoles(o)
	a.noteLosses(o)
	if len(o.Parts) > 1 {
		a.caveat(m, 0, false, "the frames of %d files are counted through, as they are one capture: mergecap -a -w joined.pcapng FILES, in the order of the inventory, makes one of them", len(o.Parts))
	}
	traces := o.probes.Reports()
	for _, t := range traces {
		t.Resolution = max(t.Resolution, o.Capture.tick())
		t.Cut = t.Cut || len(o.holes) > 0 // its further answers may be in the file that is missing
	}
	a.enterPaths(m, traces)
	if n := o.probes.Left; n > 0 {
		a.caveat(m, 0, false, "%d packets with a small TTL are of more traceroutes than are followed", n)
	}
}

// ofOneHost says that a hardware address is that of one host or router: not of a group, not that of loopback (zero), and not one that routers
// share by VRRP or HSRP, which are the same in every network (RFC 9568, section 7.3; RFC 2281).
func ofOneHost(mac [6]byte) bool {
	switch {
	case mac[0]&1 != 0, mac == [6]byte{}:
		return false
	case mac[0] == 0 && mac[1] == 0 && mac[2] == 0x5e && mac[3] == 0: // VRRP: 00-00-5E-00-01, -02
		return false
	case mac[0] == 0 && mac[1] == 0 && mac[2] == 0x0c && (mac[3] == 0x07 || mac[3] == 0x9f): // HSRP: 00-00-0C-07-AC, 00-00-0C-9F-F
		return false
	}
	return true
}

// learn keeps the hardware addresses of the network.
func (o *reading) learn(s *wire.Segment) {
	if s.HasMAC && len(o.macs) < mostMACs {
		o.macs[s.SrcMAC], o.macs[s.DstMAC] = true, true
	}
}

// join takes a further file into the capture. From then on the capture has an entry of its own, beside those of its files in the inventory.
func (o *reading) join(m *Member) {
	if len(o.Parts) == 1 {
		whole := *o.Member
		o.Member = &whole
	}
	o.seen[m.Name] = true
}

// part enters what one file of the capture held, from its first frame on, as far as it was read.
func (o *reading) part(m *Member, rd *capture.Reader, input int, first uint64) Part {
	p := Part{Member: m, First: first, Frames: o.packets - first + 1, input: input}
	o.Parts = append(o.Parts, p)
	m.Format, m.Packets, m.From, m.To = rd.Info().Format, p.Frames, o.span.from, o.span.to
	var fault *capture.Error
	m.Truncated = errors.As(rd.Err(), &fault) && fault.Truncated
	if len(o.Parts) > 1 {
		m.Why = Msg("continues %s: its frames are %d to %d of one capture", o.Parts[0].Member.Name, p.First, p.First+p.Frames-1)
	}
	return p
}
