package route

import (
	"net/netip"
	"time"
)

// Report is one run of a tool. It is written by [Parse] and only read afterwards.
type Report struct {
	Tool    string // one of Tools
	Format  string // "text", "screen", "json", "csv", "xml", "raw", "split", "html", "condensed"
	Version string // of the tool, as it says it; empty if it does not
	Command string // the command line above the report; empty if there is none
	Source  string // the host that the tool ran on, by name or address; empty if not said
	Target  Target
	Proto   Proto  // of the probes; empty if not said
	Port    uint16 // of the probes; 0 if not said
	Start   time.Time
	Zone    Zone // how far Start can be trusted
	MaxHops int  // that the tool would have tried; 0 if not said

	Reached Known[bool] // that the target itself answered
	Outcome Outcome     // how the trace ended, as far as the report shows it
	Hops    []Hop       // in the order of the report, at most 255
	Line    int         // of the report's beginning in its file, from 1
	Cut     bool        // the report ends in the middle
	ended   bool        // the tool says that it has done
	piece   bool        // of a report: the head is missing, and perhaps more

	// Resolution is the step of the report's times: 1 ms in those of Windows. A time of 0 is less than a step, not nothing.
	Resolution time.Duration
}

// Tools are the programs whose reports are read.
var Tools = []string{"mtr", "WinMTR", "traceroute", "tcptraceroute", "tracepath", "tracert", "tracetcp", "NextTrace", "BestTrace", CentralOps, Ping}

// Ping is the Tool that tells of no hops but the target.
const Ping = "ping"

// Capture is the Tool of a report that was rebuilt from the probes in a capture.
const Capture = "capture"

// CentralOps is the Tool of a service that traces from its own host.
const CentralOps = "CentralOps traceroute"

// Name says what the report is: "mtr report".
func (r *Report) Name() string { return r.Tool + " report" }

// Proto is the protocol of a tool's probes.
type Proto string

// The protocols.
const (
	ICMP Proto = "icmp"
	UDP  Proto = "udp"
	TCP  Proto = "tcp"
)

// Target is the destination of a report. Either of Name and Addr may be missing.
type Target struct {
	Name string
	Addr netip.Addr // not valid: not said
	From Basis
}

// String gives the address if there is one, else the name.
func (t Target) String() string {
	if t.Addr.IsValid() {
		return t.Addr.String()
	}
	return t.Name
}

// Basis says what tells the target.
type Basis string

// The bases, the best first.
const (
	FromReport  Basis = "report"
	FromCommand Basis = "command"  // the command line above the report
	FromLastHop Basis = "last hop" // a guess: formats without a target end with it, if it answered
)

// Zone says how far the time of a report can be trusted.
type Zone string

// The zones.
const (
	ZoneNone    Zone = ""        // no time at all
	ZoneUnknown Zone = "unknown" // a local time without its zone: Start takes it for UTC, and may be off by up to 14 hours
	ZoneGiven   Zone = "given"
)

// Outcome says how a trace ended.
type Outcome string

// The outcomes.
const (
	NotTold     Outcome = ""
	Answered    Outcome = "answered"    // by the target
	Open        Outcome = "open"        // TCP: it accepted the connection
	Closed      Outcome = "closed"      // TCP: it refused, or something did in its name
	Prohibited  Outcome = "prohibited"  // ICMP: administratively prohibited (!X, !A, !Z ...)
	Unreachable Outcome = "unreachable" // ICMP: host, network or protocol unreachable (!H, !N, !P ...)
	Silent      Outcome = "no answer"   // nothing answered any more before the target
)

// Known is a figure that a report may lack. The zero value is unknown.
type Known[T any] struct {
	Value T
	OK    bool
}

func known[T any](v T) Known[T] { return Known[T]{v, true} }

// Hop is a row of a report. Times are those of the whole way there and back.
type Hop struct {
	Number  int      // TTL or hop limit of the probes; 0 if not said, as in a ping without one
	Line    int      // in the file, from 1; 0 in a report that was rebuilt from packets
	Frame   uint32   // of the first answer, in a report that was rebuilt from packets
	Routers []Router // that answered, in the order of the report; none if nothing did
	Loss    Known[float64]
	Sent    Known[int]
	// Received is as the report says it; see Answers for formats that say the loss instead.
	Received                      Known[int]
	Last, Best, Avg, Worst, StDev Known[time.Duration]
	Probes                        []Probe      // one by one, where the report tells them
	Flags                         []string     // "!X", "<syn,ack>", "[open]", "Frag needed and DF set (mtu = 1400)": as the tool prints them
	TTL                           Known[uint8] // of the answers as they arrived
	MTU                           Known[int]   // of the link that follows, bytes
	NoData                        bool         // the row has a name, and its figures are missing
}

// Answers gives the probes sent and answered, counted or from the percentage; ok is false where the report does not tell.
func (h *Hop) Answers() (received, sent int, ok bool) {
	switch {
	case !h.Sent.OK:
		return 0, 0, false
	case h.Received.OK:
		return h.Received.Value, h.Sent.Value, true
	case h.Loss.OK:
		return int((100-h.Loss.Value)/100*float64(h.Sent.Value) + 0.5), h.Sent.Value, true
	}
	return 0, 0, false
}

// Lost gives the probes that were not answered, and those sent; ok is false where the report does not tell. One that is answered twice counts once.
func (h *Hop) Lost() (lost, sent int, ok bool) {
	received, sent, ok := h.Answers()
	if !ok || sent <= 0 || h.NoData {
		return 0, 0, false
	}
	return sent - min(max(received, 0), sent), sent, true
}

// Least gives the shortest time of a probe, of the summary or of those told one by one.
func (h *Hop) Least() Known[time.Duration] {
	least := h.Best
	for _, p := range h.Probes {
		if p.RTT.OK && (!least.OK || p.RTT.Value < least.Value) {
			least = p.RTT
		}
	}
	return least
}

// Answered says that something answered at this hop. A tool may name a router and say that it answered none of the probes counted.
func (h *Hop) Answered() bool {
	received, sent, ok := h.Answers()
	return len(h.Routers) > 0 && (!ok || received > 0 || sent == 0)
}

// Router is what answered at a hop.
type Router struct {
	Name    string     // host name; empty if not said
	Addr    netip.Addr // not valid if not said
	AS      string     // "AS13335"; empty if not said
	Labels  []Label    // of the MPLS packet that it quotes
	Clipped bool       // the report cuts long names: Name may be the beginning of a longer one, or of an address
}

// String gives name and address, as far as they are known.
func (r Router) String() string {
	switch {
	case r.Name == "" && r.Addr.IsValid():
		return r.Addr.String()
	case r.Addr.IsValid():
		return r.Name + " (" + r.Addr.String() + ")"
	}
	return r.Name
}

// Label is an entry of an MPLS label stack (RFC 3032).
type Label struct {
	Label      uint32 // 20 bits
	TC, S, TTL uint8
}

// Probe is one probe of a hop.
type Probe struct {
	Router int // index in Hop.Routers; -1 if nothing answered
	RTT    Known[time.Duration]
	Flag   string // "!X": what the answer was instead of the expected one
}
