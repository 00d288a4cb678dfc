package rules

import (
	"net/netip"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "answer-leads-astray",
	Title: "The answer sends the client to a block page or a portal",
	Doc: "Filters and networks that ask for a login answer in a server's name with a redirect: to an address inside the network, or to a page whose address says that something is denied. Sites redirect too, so this is a " +
		"pointer to what happened and weighs nothing; who sent the answer is told by other rules.",
	Cause:  analyzer.CauseNone,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"The network asks for a login before it lets anyone through (captive portal).",
		"The site itself, or the filter in front of it that it pays for, sends its visitors there.",
	},
	Next:   "Open the address that the answer leads to; ask whoever runs the network whether it filters, or wants a login.",
	Refs:   []string{"RFC 9110, section 15.4", "RFC 6585, section 6"},
	Needs:  answerNeeds,
	OnFlow: answerLeadsAstray,
})

// networkLogin is the status by which a network says itself that it wants a login (RFC 6585, section 6); unavailable for legal
// reasons is RFC 7725.
const (
	networkLogin = 511
	legalReasons = 451
)

func answerLeadsAstray(pass *analyzer.Pass, f *flow.Flow) {
	for k := range f.Messages {
		m := &f.Messages[k]
		p := f.PacketOf(m)
		if m.Talk != flow.HTTPResponse || m.Side != flow.Server || p == nil {
			continue
		}
		target := ""
		if m.Answer > 0 {
			target = f.Names[m.Answer]
		}
		var found *analyzer.Finding
		switch host := hostOf(target); {
		case m.Code == networkLogin:
			found = pass.Report(analyzer.Note, "frame %d answers with HTTP status 511: the network wants a login", p.Frame)
		case m.Code == legalReasons:
			found = pass.Report(analyzer.Note, "frame %d answers with HTTP status 451: the page is withheld for legal reasons", p.Frame)
		case m.Answer == 0:
			continue
		case inside(host) && !inside(f.Half[flow.Server].Addr().String()):
			found = pass.Report(analyzer.Note, "frame %d, in the name of %v, sends the client to %q, an address inside a network: a block page or a portal", p.Frame, f.Half[flow.Server].Endpoint, target)
		case denies(target):
			found = pass.Report(analyzer.Note, "frame %d, in the name of %v, sends the client to %q, which reads like a block page", p.Frame, f.Half[flow.Server].Endpoint, target)
		default:
			continue
		}
		found.Explains(p).Cite(p, analyzer.Context, "http.response.code", m.Code, "—")
		if m.Answer != 0 {
			found.Cite(p, analyzer.Context, "http.location", target, "—")
		}
		return
	}
}

// hostOf takes the host out of the target of a redirect: "http://192.0.2.1:8080/path"; empty for a path on the same host.
func hostOf(target string) string {
	_, rest, absolute := strings.Cut(target, "//")
	if !absolute {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "/")
	if a, err := netip.ParseAddrPort(rest); err == nil {
		return a.Addr().String()
	}
	return strings.Trim(rest, "[]")
}

// inside says that a host is named by an address that is not routed on the Internet.
func inside(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified())
}

// denies says that the target of a redirect reads as block pages do: a word of its own, in whatever case. Names of filters' pages are as
// Citizen Lab and OONI collected them.
func denies(target string) bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(target), func(r rune) bool { return strings.ContainsRune("/.:?&=-_%", r) }) {
		switch word {
		case "blocked", "blockpage", "block", "denied", "deny", "forbidden", "filtered", "censored", "warning", "webadmin", "netsweeper", "fortiguard", "zapret", "rkn":
			return true
		}
	}
	return false
}
