package analyzer

import (
	"strconv"
	"time"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/container"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// Case is everything that was found out about one ticket. It is written once, by [Analyze]; reports only read it.
type Case struct {
	Name     string
	Members  []*Member     // the inventory, in the order of the ticket
	Captures []*Capture    // the captures among them
	Paths    []*PathReport // what mtr, traceroute, ping and their kin measured, in the order of the ticket
	Flows    []*Conn       // the worst first, then in order of time; at most Limits.MaxFlows clean ones
	Counts   map[Class]int // flows by class, those not listed included
	Findings []*Finding
	Verdict  Verdict
	Checks   []*Check
	Caveats  []Caveat
	Clocks   []Clock
	Relays   []Relay    // what proxies carry on, on connections of their own
	Changes  []Change   // what the way does to packets, as two captures show it
	Compared Compared   // on how many connections that rests
	Exhibits []*Exhibit // the flows that the report shows packet by packet
	Frames   []FrameRef // those that show what was found, by capture and number; see ReadFrames
	From, To int64      // nanoseconds since the Unix epoch

	ways   map[string]*Way // by their reports; see WayTo
	probed []probing       // of Paths; see probings

	FramesLeft int // that did not fit into Frames

	walked []container.Limits // of each input, as ReadFrames must read it again
}

// Partial says that something of the ticket could not be read or used.
func (c *Case) Partial() bool {
	for _, v := range c.Caveats {
		if v.Partial {
			return true
		}
	}
	return false
}

// Whole says that Flows lists every connection of the ticket. What all of many did cannot be told where some are only counted.
func (c *Case) Whole() bool {
	total := 0
	for _, n := range c.Counts {
		total += n
	}
	return total == len(c.Flows)
}

// Capture is one capture file and its health.
type Capture struct {
	Index  int
	Member *Member // of a capture in several files an entry of its own, with the name of the first
	Parts  []Part  // its files, in their order
	Health Health
	Hosts  []flow.Host // senders, by flow.Half.Host

	names     []string               // see flow.Flow.Names
	filters   []string               // capture filters (pcap-filter syntax): the different ones that its files tell; most formats tell none
	holes     []uint32               // the first frame behind each place where a file seems to be missing
	answering map[flow.Endpoint]bool // servers that accepted a connection, at most maxAnswering
}

// Name gives the capture's name without its folders, as a ticket's text calls it.
func (c *Capture) Name() string { return c.Member.Base() }

// tick is the step of the capture's clock where it shows, 0 where it is finer than packets follow each other.
func (c *Capture) tick() time.Duration {
	if !c.Health.Coarse {
		return 0
	}
	return time.Duration(c.Health.Resolution)
}

// Accepts says that a server accepted a connection on this address and port within the capture.
func (c *Capture) Accepts(server flow.Endpoint) bool { return c.answering[server] }

// maxMissed is the share of segments that may acknowledge bytes that a capture never saw before it counts as one that misses packets: less than
// one in a thousand is what its very beginning leaves.
const maxMissed = 0.001

// Misses says that a capture is known to lack packets: that it does not hold one proves nothing.
func (c *Capture) Misses() bool {
	return c.Health.UnseenShare() > maxMissed || c.Member.Drops > 0 || c.Health.Holes > 0
}

// maxAnswering bounds the servers that are remembered: more than the busiest host has ports open.
const maxAnswering = 1 << 14

// Health counts what makes a capture a worse witness; see the gates of the verdict.
type Health struct {
	TCP, UDP, ICMP uint64 // frames by transport
	TCPFlows       uint64
	Resets         uint64
	Duplicates     uint64 // TCP frames captured twice
	AcksUnseen     uint64 // acknowledgments of bytes that the capture never saw
	Offloaded      uint64
	Cut            uint64 // TCP frames cut inside their headers
	CutICMP        uint64 // ICMP errors cut before the ports of the segment that they quote
	CutICMPAt      int64  // time of the last of these, nanoseconds since the Unix epoch
	CutICMPFrame   uint32 // its frame
	Backwards      uint64 // steps back of the clock by more than a millisecond
	Tunnelled      uint64 // frames inside a tunnel that could not be opened
	OneWayFlows    uint64
	MidStream      uint64 // flows without a handshake
	Snapped, CutTo uint64 // frames that were cut, and the most that is left of one: the snap length
	Holes          uint64 // places where a file of a ring buffer seems to be missing
	Interfaces     uint64 // that captured frames, of one section at a time
	Renamed        uint64 // flows that are in the capture under other addresses too: before and after translation
	Edited         Edited
	Resolution     int64 // finest step between two times of the capture, nanoseconds
	Coarse         bool  // many frames share a time, as the clock ticks at Resolution
}

// DuplicateShare gives the share of TCP frames that were captured twice.
func (h *Health) DuplicateShare() float64 { return share(h.Duplicates, h.TCP) }

// UnseenShare gives the share of TCP frames that acknowledge what the capture has missed.
func (h *Health) UnseenShare() float64 { return share(h.AcksUnseen, h.TCP) }

func share(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// Sighting is a flow as one capture holds it.
type Sighting struct {
	Capture int
	flow.Summary
}

// Tunnel names what the connection's first packet was carried in, innermost: "VXLAN 7"; "" if nothing was opened for it.
func (s *Sighting) Tunnel() string {
	if s.Encap == 0 {
		return ""
	}
	name := wire.Encap(s.Encap).String()
	if s.EncapID != 0 {
		name += " " + strconv.FormatUint(uint64(s.EncapID), 10)
	}
	return name
}

// Conn is a connection and what became of it, joined over the captures that hold it.
type Conn struct {
	Seen       []Sighting // never empty
	Twins      []Twins    // of each two of Seen
	Class      Class
	Cause      Cause
	Confidence float64 // posterior probability of the class
	Grade      Grade
	Blame      flow.Side
	HasBlame   bool
	Findings   []int          // indexes in Case.Findings, the strongest reason first
	Locus      *Locus         // where the device stands; nil if that cannot be told, or none is accused
	Open       []Message      // gates that were open: why less is said than could be
	Signature  flow.Signature // how it was cut off; zero where no rule looked at it, its beginning was missed or it was closed, and for UDP

	clues    []clue
	reset    bool // what decide was called with, for when the connections are compared
	gates    []Message
	overHole Cause     // what is seen of it where more would have been said, had no file of its captures been missing
	disorder []Message // why the captures do not show what came after what, where a rule accuses or may yet
	muted    bool      // the accusations lost their weight for it
}

// Client and Server name the ends as the first capture does.
func (c *Conn) Client() flow.Endpoint { return c.Seen[0].Half[flow.Client].Endpoint }

// Proto gives the transport protocol.
func (c *Conn) Proto() flow.Proto { return c.Seen[0].Proto }

// Server names the end that was connected to.
func (c *Conn) Server() flow.Endpoint { return c.Seen[0].Half[flow.Server].Endpoint }

// Named gives what the connection's client asked for first by name (TLS server name, HTTP host and target, DNS name), and the frame that
// says it; "" if no capture of it shows a name.
func (c *Case) Named(conn *Conn) (name string, in *Sighting) {
	for i := range conn.Seen {
		s := &conn.Seen[i]
		if n := s.Named.Name; n > 0 && int(n) < len(c.Captures[s.Capture].names) {
			return c.Captures[s.Capture].names[n], s
		}
	}
	return "", nil
}

// Exhibit holds the packets of a judged flow for the ladder and the charts of the report.
type Exhibit struct {
	Conn    int // index in Case.Flows
	Capture int
	*flow.Flow
	Other *OtherEnd // nil where no second capture holds it, or its packets cannot be told
}

// Check says how often a rule looked, fired, and could not tell.
type Check struct {
	Rule    *Rule
	Looked  int
	Fired   int
	Skipped map[string]int // by reason
}
