package analyzer

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Class is who is responsible for what happened to a flow.
type Class string

// The classes; see the package documentation for what each claims.
const (
	Clean        Class = "clean"
	Endpoint     Class = "endpoint"
	Path         Class = "path"
	Middlebox    Class = "middlebox"
	Inconclusive Class = "inconclusive"
)

// Cause is what happened, in the words of the report's contract.
type Cause string

// The causes, by class.
const (
	CauseNone Cause = "none"

	RSTInjection     Cause = "rst-injection"
	ResetRewrite     Cause = "reset-rewrite"
	ContentInjection Cause = "content-injection"
	HandshakeHijack  Cause = "handshake-hijack"
	DNSInjection     Cause = "dns-injection"
	Blackhole        Cause = "blackhole"
	SYNDrop          Cause = "syn-drop"
	ICMPReject       Cause = "icmp-reject"
	IdleTimeout      Cause = "idle-timeout"
	Policing         Cause = "policing"
	PMTUBlackhole    Cause = "pmtu-blackhole"
	UDPBlock         Cause = "udp-block"

	PortClosed          Cause = "port-closed"
	AppAbort            Cause = "app-abort"
	ClientAbort         Cause = "client-abort"
	AppIdleClose        Cause = "app-idle-close"
	AppNoResponse       Cause = "app-no-response"
	ConnectionForgotten Cause = "connection-forgotten"
	BacklogOverflow     Cause = "backlog-overflow"
	HostFirewall        Cause = "host-firewall"
	KeepaliveFailure    Cause = "keepalive-failure"
	HealthCheck         Cause = "health-check"
	TLSAlert            Cause = "tls-alert"

	PacketLoss  Cause = "packet-loss"
	Congestion  Cause = "congestion"
	RouteChange Cause = "route-change"

	ResetUnattributed Cause = "reset-unattributed"
	SYNUnanswered     Cause = "syn-unanswered"
	DataUnanswered    Cause = "data-unanswered"
	UDPUnanswered     Cause = "udp-unanswered"
	ConnectionLost    Cause = "connection-lost"
)

var classOf = map[Cause]Class{
	CauseNone:    Clean,
	RSTInjection: Middlebox, ResetRewrite: Middlebox, ContentInjection: Middlebox, HandshakeHijack: Middlebox,
	DNSInjection: Middlebox, Blackhole: Middlebox, SYNDrop: Middlebox, ICMPReject: Middlebox, IdleTimeout: Middlebox,
	Policing: Middlebox, PMTUBlackhole: Middlebox, UDPBlock: Middlebox,
	PortClosed: Endpoint, AppAbort: Endpoint, ClientAbort: Endpoint, AppIdleClose: Endpoint, AppNoResponse: Endpoint,
	ConnectionForgotten: Endpoint, BacklogOverflow: Endpoint, HostFirewall: Endpoint, KeepaliveFailure: Endpoint,
	HealthCheck: Endpoint, TLSAlert: Endpoint,
	PacketLoss: Path, Congestion: Path, RouteChange: Path,
	ResetUnattributed: Inconclusive, SYNUnanswered: Inconclusive, DataUnanswered: Inconclusive, UDPUnanswered: Inconclusive,
	ConnectionLost: Inconclusive,
}

// Class gives the class a cause belongs to; empty for an unknown cause.
func (c Cause) Class() Class { return classOf[c] }

// Family groups findings that rest on the same kind of observation. They count together, up to a cap, because two looks at
// one thing are not two witnesses.
type Family string

// The families.
const (
	FamilySequence Family = "sequence"  // what the sequence and acknowledgment numbers allow
	FamilyTiming   Family = "timing"    // what the path's delay allows
	FamilyTTL      Family = "ttl"       // how far the sender is
	FamilyIPID     Family = "ip-id"     // whose counter it is
	FamilyTemplate Family = "template"  // which stack builds such a packet
	FamilyBurst    Family = "burst"     // several at once
	FamilyPolicy   Family = "policy"    // what is hit and what is spared
	FamilyPeer     Family = "other-end" // what the capture of the other end shows
	FamilyContext  Family = "context"   // what went before
	FamilyICMP     Family = "icmp"      // what a router says itself
)

// Weight is a log10 likelihood ratio: how much more probable is what was seen if the finding's cause is true than if the
// named hosts did it themselves (for an exoneration: than if a device did it). +2 is a hundred to one.
type Weight float64

// Proof is the weight from which on one finding may accuse by itself.
const Proof Weight = 3

// Role is the part a cited frame plays.
type Role string

// The roles. Forged is said only of a frame that the named sender did not send; see [Finding.Accuses].
const (
	Forged   Role = "forged"
	Modified Role = "modified"
	Dropped  Role = "dropped"
	Trigger  Role = "trigger"
	Baseline Role = "baseline"
	Answer   Role = "answer"
	Context  Role = "context"
)

// Evidence is one field of one frame: what it holds and what it would hold otherwise.
type Evidence struct {
	Capture  int    // index in Case.Captures
	Frame    uint32 // from 1, as Wireshark counts
	Time     int64  // nanoseconds since the Unix epoch
	Field    string // Wireshark's display filter name
	Observed string
	Expected string
	Role     Role

	Elsewhere []Elsewhere // in the other captures of the connection, as far as it is known
}

// Finding is what one rule has to say about one flow.
type Finding struct {
	Rule     *Rule
	Flow     int // index in Case.Flows; -1 for the whole ticket
	Cause    Cause
	Weight   Weight
	Blame    flow.Side // for causes of class endpoint
	HasBlame bool
	Event    uint32 // frame of the reset or other event that it explains; 0 if it is about the flow as a whole
	Capture  int    // index in Case.Captures of the capture that holds Event
	Summary  Message
	Evidence []Evidence
	Rows     []Row     // of path reports that it rests on
	Against  []Message // what speaks against it, with the figures of this case

	conn *Conn // until it has a place in Case.Flows
}

// Row is a row of a path report.
type Row struct {
	Path *PathReport
	Hop  int // index in Path.Hops; -1: the report as a whole
}

// Line gives the row's line in its file, from 1; 0 in a report that was rebuilt from a capture.
func (r Row) Line() int {
	if r.Hop < 0 {
		return r.Path.Line
	}
	return r.Path.Hops[r.Hop].Line
}

// Frame gives the frame of the row's first answer, in a report that was rebuilt from a capture; otherwise, and without an answer, 0.
func (r Row) Frame() uint32 {
	if r.Hop < 0 {
		return 0
	}
	return r.Path.Hops[r.Hop].Frame
}

// Note is the weight of a finding that is worth a sentence and changes no verdict.
const Note Weight = 0

// Accuses says that the finding argues for a device.
func (f *Finding) Accuses() bool { return f.Weight > 0 && f.Cause.Class() == Middlebox }

// fieldOfIPv6 gives Wireshark's name for what IPv6 has in the place of a field of IPv4.
var fieldOfIPv6 = map[string]string{"ip.ttl": "ipv6.hlim", "ip.src": "ipv6.src", "ip.dst": "ipv6.dst", "ip.dsfield": "ipv6.tclass"}

// Cite adds a field of a packet to the evidence: what was observed and what was expected. A field of the IP header goes by its name in
// IPv4, whichever the packet has.
func (f *Finding) Cite(p *flow.Packet, role Role, field string, observed, expected any) *Finding {
	if name := fieldOfIPv6[field]; name != "" && p.Marks.Has(flow.IPv6) {
		field = name
	}
	f.Evidence = append(f.Evidence, Evidence{
		Capture: f.Capture, Frame: p.Frame, Time: p.Time, Field: field, Observed: fmt.Sprint(observed), Expected: fmt.Sprint(expected), Role: role,
	})
	return f
}

// CiteIn is Cite for a packet of another capture.
func (f *Finding) CiteIn(c *Capture, p *flow.Packet, role Role, field string, observed, expected any) *Finding {
	f.Cite(p, role, field, observed, expected)
	f.Evidence[len(f.Evidence)-1].Capture = c.Index
	return f
}

// CiteRow adds a row of a path report to what the finding rests on; hop is an index in its Hops, or -1 for the report as a whole.
func (f *Finding) CiteRow(p *PathReport, hop int) *Finding {
	f.Rows = append(f.Rows, Row{p, hop})
	return f
}

// Explains says which packet, usually a reset, the finding is about. Only findings about the same event are weighed together.
func (f *Finding) Explains(p *flow.Packet) *Finding {
	f.Event = p.Frame
	return f
}

// Blames names the end that did it.
func (f *Finding) Blames(s flow.Side) *Finding {
	f.Blame, f.HasBlame = s, true
	return f
}

// ButAgainst adds what speaks against the finding in this case.
func (f *Finding) ButAgainst(format string, args ...any) *Finding {
	f.Against = append(f.Against, Msg(format, args...))
	return f
}
