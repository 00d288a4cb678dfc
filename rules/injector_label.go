package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "injector-label",
	Title: "The forged resets have a form that was described before",
	Doc: "Devices keep their habits for years, and some habits are published. This names them where the packets themselves show in two other ways that the host did not send them. A name is a pointer for further " +
		"reading and no evidence: it says nothing about who runs the device, and weighs nothing.",
	Cause:  analyzer.RSTInjection,
	Family: analyzer.FamilyTemplate,
	Innocent: []string{
		"Another device has the same habit.",
	},
	Next: "Read the publication, and compare further resets with what it says.",
	Refs: []string{
		"Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009",
		"Wang et al.: Your State is Not Mine, IMC 2017",
		"Clayton, Murdoch, Watson: Ignoring the Great Firewall of China, PET 2006",
	},
	Needs:  flow.NeedRST,
	OnFlow: injectorLabel,
})

// What is known of devices by the numbers that they write.
const (
	segmentAhead    = 1460  // three resets: at the next byte, and one and three segments beyond it
	windowAboveTTL  = 1375  // window and TTL counted up together
	sandvineAhead   = 12503 // the second reset, 2007
	idOfSixtyFour   = 64
	idOfBezeqint    = 16448
	belowTriggersID = 26
	burstApart      = int64(2 * time.Millisecond)
)

func injectorLabel(pass *analyzer.Pass, f *flow.Flow) {
	for _, side := range []flow.Side{flow.Client, flow.Server} {
		var forged []*flow.Packet
		at := 0
		for i, p := range f.From(side) {
			if !isReset(pass, p) || passive(p) && p.IPID == 0 {
				continue
			}
			if len(forged) > 0 && p.Time-forged[0].Time > burstApart {
				break
			}
			if len(forged) == 0 && !shownForged(pass, f, i) {
				continue
			}
			if len(forged) == 0 {
				at = i
			}
			forged = append(forged, p)
		}
		if len(forged) == 0 {
			continue
		}
		t := trigger(f, at)
		label(pass, f, forged, t)
	}
}

// shownForged says that a reset's own fields show that its sender is not the host: in two ways, of which coming thrice alike is one.
func shownForged(pass *analyzer.Pass, f *flow.Flow, i int) bool {
	p := &f.Packets[i]
	n := oddnessOf(pass, f, i, trigger(f, i)).count()
	alike := 0
	for k := i; k < len(f.Packets) && f.Packets[k].Time-p.Time <= burstApart; k++ {
		if q := &f.Packets[k]; q.IsTCP() && q.Side == p.Side && q.Flags == p.Flags && q.Flags.Any(flow.RST) && q.TTL == p.TTL && q.Window == p.Window {
			alike++
		}
	}
	return n >= 2 || n == 1 && alike >= 3 && !duplicates(pass.Capture)
}

func label(pass *analyzer.Pass, f *flow.Flow, forged []*flow.Packet, t *flow.Packet) {
	p := forged[0]
	var found *analyzer.Finding
	field, observed := "tcp.seq_raw", any(uint32(p.Seq))
	thrice := len(forged) == 3 && p.Flags.Any(flow.ACK) && forged[1].Flags == p.Flags && forged[2].Flags == p.Flags
	switch {
	case thrice && forged[1].Seq.Sub(p.Seq) == segmentAhead && forged[2].Seq.Sub(p.Seq) == 3*segmentAhead:
		found = pass.Report(analyzer.Note, "frames %d, %d and %d stand 0, 1460 and 4380 bytes ahead, as resets of type 2 of the Great Firewall of China were described",
			p.Frame, forged[1].Frame, forged[2].Frame)
	case thrice && forged[1].Seq == p.Seq && forged[2].Seq == p.Seq && int(p.Window)-int(p.TTL) == windowAboveTTL:
		field, observed = "tcp.window_size_value", p.Window
		found = pass.Report(analyzer.Note, "frames %d, %d and %d are one reset thrice, with a window 1375 above the TTL, as resets of type 2 of the Great Firewall of China were measured in 2022",
			p.Frame, forged[1].Frame, forged[2].Frame)
	case len(forged) >= 2 && forged[1].Seq.Sub(p.Seq) == sandvineAhead:
		found = pass.Report(analyzer.Note, "frames %d and %d stand 12503 bytes apart, as resets of Sandvine devices were described in 2009", p.Frame, forged[1].Frame)
	case p.Marks.Has(flow.IPv6):
	case p.Flags.Has(flow.ACK) && p.Flags.Any(flow.ECE|flow.CWR):
		field, observed = "tcp.flags", p.Flags
		found = pass.Report(analyzer.Note, "frame %d is a reset with ACK and the bits of ECN, as the injector called RAE was described in 2009", p.Frame)
	case p.IPID == idOfSixtyFour:
		field, observed = "ip.id", hex(p.IPID)
		found = pass.Report(analyzer.Note, "frame %d has the IP identification 64, as the injector called IPID 64 was described in 2009", p.Frame)
	case p.IPID == idOfBezeqint:
		field, observed = "ip.id", hex(p.IPID)
		found = pass.Report(analyzer.Note, "frame %d has the IP identification 16448, as an injector at Bezeq International was described in 2009", p.Frame)
	case t != nil && t.IPID-p.IPID == belowTriggersID:
		field, observed = "ip.id", hex(p.IPID)
		found = pass.Report(analyzer.Note, "frame %d has the IP identification of frame %d less 26, as the injector called IPID -26 was described in 2009", p.Frame, t.Frame)
	}
	if found != nil {
		found.Explains(p).Cite(p, analyzer.Forged, field, observed, "—")
	}
}
