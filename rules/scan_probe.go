package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "scan-probe",
	Title: "A port scanner looked whether the port is open",
	Doc: "A scanner writes its SYN itself, past its kernel: without any option, or with the IP identification that ZMap writes. If the port answers, the scanner's kernel, which knows nothing of the SYN, resets; if not, the scanner " +
		"goes on to the next address. No user waits for such a connection.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A tool of the customer's own that writes its SYNs itself: hping, nmap, tcptraceroute, a monitor.",
		"An embedded device whose stack sends no options.",
	},
	Next:   "Leave it out of the count of failures.",
	Refs:   []string{"Durumeric, Wustrow, Halderman: ZMap, USENIX Security 2013", "RFC 9293, section 3.7.1"},
	Needs:  flow.NeedRST | flow.NeedUnanswered,
	OnFlow: scanProbe,
})

// zmapIPID is the constant identification of ZMap's probes; one SYN in 65536 of others has it by chance.
const zmapIPID = 54321

func scanProbe(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	if !c.SeenSYN || c.Bytes > 0 || s.Bytes > 0 || c.PureACKs > 0 || c.FINs > 0 || flow.BeganSmall(c.TTL.Open) {
		return
	}
	var syn, reset *flow.Packet
	for i := range f.Packets {
		switch p := &f.Packets[i]; {
		case syn == nil && p.IsTCP() && p.Side == flow.Client && p.Flags.Any(flow.SYN):
			syn = p
		case reset == nil && p.IsTCP() && p.Flags.Any(flow.RST):
			reset = p
			if p.Side == flow.Client && !(passive(p) && p.Seq == c.ISN.Add(1) && s.SYNs > 0) {
				return // not the answer of a kernel to a SYN/ACK that it did not ask for
			}
		}
	}
	if syn.Marks.Has(flow.Truncated) {
		pass.Skip("the capture cut the SYN's options")
		return
	}
	bare := !syn.Marks.Has(flow.HasOptions)
	zmap := syn.IPID == zmapIPID && !syn.Marks.Has(flow.IPv6)
	if !zmap && (!bare || reset == nil || reset.Side != flow.Client) {
		return // a bare SYN alone may be that of a small device, which waits for an answer
	}
	if zmap {
		pass.Report(analyzer.Proof, "the SYN in frame %d has the IP identification %s, which ZMap gives to all its probes, and no data ever followed", syn.Frame, hex(syn.IPID)).
			Cite(syn, analyzer.Context, "ip.id", hex(syn.IPID), hex(syn.IPID))
		return
	}
	pass.Report(analyzer.Proof, "the SYN in frame %d has no options, and the kernel that should have sent it resets the answer in frame %d: a scanner wrote it", syn.Frame, reset.Frame).
		Explains(reset).
		Cite(syn, analyzer.Context, "tcp.hdr_len", 20, "> 20").
		Cite(reset, analyzer.Context, "tcp.seq_raw", uint32(reset.Seq), uint32(c.ISN.Add(1)))
}
