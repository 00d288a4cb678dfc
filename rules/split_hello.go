package rules

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "split-hello",
	Title: "The ClientHello that was never acknowledged takes more than one segment",
	Doc: "With the keys of post-quantum groups a ClientHello no longer fits into one segment. Devices that read the server name from a single packet drop or misread such, while a small ClientHello passes; so does a path " +
		"that carries no full segments. Whether full segments reach the server otherwise tells the two apart.",
	Cause:  analyzer.DataUnanswered,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The size has nothing to do with it: the path or the host fails for every packet.",
	},
	Next: "Repeat the connection with a small ClientHello (openssl s_client -groups X25519; in browsers switch the post-quantum key agreement off): if that works, something on the way cannot take a ClientHello in two segments, or no full " +
		"segment at all (ping with large packets that may not be fragmented tells).",
	Refs:   []string{"RFC 8446, section 4.1.2", "draft-ietf-tls-ecdhe-mlkem", "tldr.fail"},
	Needs:  flow.NeedUnanswered,
	OnFlow: splitHello,
})

func splitHello(pass *analyzer.Pass, f *flow.Flow) {
	lost, last, tries := sentInVain(f, flow.Client)
	if lost == nil || tries <= minTries {
		return
	}
	m := messageOf(f, lost)
	if m == nil || m.Talk != flow.TLSClientHello {
		pass.Skip("what was never acknowledged is no ClientHello")
		return
	}
	size, segment := uint32(m.Code)+helloHeaders, uint32(segmentSize(f, flow.Client))
	if size <= min(segment, lost.Len) || m.Code == 0 {
		return // it fits into one
	}
	s := &f.Half[flow.Server]
	host := pass.Host(s)
	if host != nil && host.Took >= min(lost.Len, segment) {
		pass.Report(analyzer.Note, "%s takes %d bytes, in more than one segment; it was sent %d times from frame %d to frame %d and never acknowledged, while %v acknowledged segments of up to %d bytes on other connections: it is not their size",
			named(f, m), size, tries, lost.Frame, last.Frame, s.Addr(), host.Took).
			Cite(lost, analyzer.Trigger, "tcp.len", lost.Len, "—")
		return
	}
	pass.Report(analyzer.Note, "%s takes %d bytes, in more than one segment; it was sent %d times from frame %d to frame %d and never acknowledged, and no segment of that size is known to have reached %v: it may be the size",
		named(f, m), size, tries, lost.Frame, last.Frame, s.Addr()).
		Cite(lost, analyzer.Trigger, "tcp.len", lost.Len, "—")
}
