package report

import (
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// jsonGroup is connections to which the same happened.
type jsonGroup struct {
	Class     string   `json:"class"`
	Cause     string   `json:"cause"`
	Stage     string   `json:"stage,omitempty"`
	Signature string   `json:"signature,omitempty"`
	By        string   `json:"by,omitempty"` // in whose name the resets came
	Server    string   `json:"server"`
	Name      string   `json:"name,omitempty"`
	Count     int      `json:"count"`
	Flows     []string `json:"flows"` // the first of them
}

// mostInGroup bounds the flows that a group names: each names its own class and cause besides.
const mostInGroup = 1000

func groupOf(g analyzer.Group) jsonGroup {
	out := jsonGroup{Class: string(g.Class), Cause: string(g.Cause), Stage: g.Signature.Stage.String(), Signature: g.Signature.String(), Server: g.Server.String(), Name: clean(g.Name), Count: len(g.Flows), Flows: []string{}}
	if g.Signature.Ended > flow.Silence {
		out.By = g.Signature.By.String()
	}
	for _, i := range g.Flows[:min(len(g.Flows), mostInGroup)] {
		out.Flows = append(out.Flows, flowID(i))
	}
	return out
}

// jsonPair is one connection as two captures hold it.
type jsonPair struct {
	Flow      string    `json:"flow"`
	Inputs    [2]string `json:"inputs"`
	MatchedBy string    `json:"matched_by"`
	Counted   bool      `json:"counted,omitempty"` // by the numbers of packets alone
	Matched   int       `json:"matched"`
	Offset    int64     `json:"offset_ns"`
	Low       int64     `json:"offset_low_ns"`
	High      int64     `json:"offset_high_ns"`
	Skew      *float64  `json:"skew_ppm,omitempty"`
	OnlyA     int       `json:"only_a"`
	OnlyB     int       `json:"only_b"`
	Modified  int       `json:"modified"`
	Proxy     string    `json:"proxy,omitempty"`      // syn-proxy or tcp-proxy
	RelayedBy string    `json:"relayed_by,omitempty"` // tcp-proxy: the flow that carries this one on, in the second input
	Score     int       `json:"score,omitempty"`      // how well they go together, where no one thing tells them from all others
	Next      *int      `json:"next_score,omitempty"` // and the next best
}

// pairs writes the connections that two captures hold.
func (d *document) pairs(c *analyzer.Case) {
	var all []jsonPair
	for i, f := range c.Flows {
		for _, w := range f.Twins {
			a, b := f.Seen[w.A].Capture, f.Seen[w.B].Capture
			p := jsonPair{Flow: flowID(i), Inputs: [2]string{clean(c.Captures[a].Member.Name), clean(c.Captures[b].Member.Name)}, MatchedBy: w.By, Counted: w.Counted,
				Matched: w.Matched, OnlyA: w.OnlyA, OnlyB: w.OnlyB, Modified: w.Modified}
			if w.Proxied {
				p.Proxy = "syn-proxy"
			}
			if w.Score > 0 {
				p.Score, p.Next = w.Score, &w.Next
			}
			p.clock(c, a, b)
			all = append(all, p)
		}
	}
	all = append(all, relaysOf(c)...)
	list(d, "pairs", all, func(_ int, p jsonPair) (jsonPair, bool) { return p, true })
}

// clock tells how far the clock of the second capture is ahead of the first's.
func (p *jsonPair) clock(c *analyzer.Case, a, b int) {
	for _, k := range c.Clocks {
		sign := int64(1)
		if k.A == b && k.B == a {
			sign, k.Low, k.High = -1, -k.High, -k.Low
		} else if k.A != a || k.B != b {
			continue
		}
		p.Low, p.High, p.Offset = k.Low, k.High, k.Low/2+k.High/2
		if k.HasPPM {
			ppm := float64(sign) * k.PPM
			p.Skew = &ppm
		}
	}
}

// relaysOf writes what proxies relay: no packet of one connection is one of the other, so that none matches.
func relaysOf(c *analyzer.Case) (all []jsonPair) {
	if len(c.Relays) == 0 {
		return nil
	}
	id := make(map[*analyzer.Conn]string, len(c.Flows))
	for i, f := range c.Flows {
		id[f] = flowID(i)
	}
	for i := range c.Relays {
		r := &c.Relays[i]
		a, b := r.Client.Seen[r.ClientSeen].Capture, r.Server.Seen[r.ServerSeen].Capture
		p := jsonPair{Flow: id[r.Client], Inputs: [2]string{clean(c.Captures[a].Member.Name), clean(c.Captures[b].Member.Name)}, MatchedBy: strings.Join(r.By, "; "),
			Proxy: "tcp-proxy", RelayedBy: id[r.Server], Score: r.Score, Next: &r.Next}
		p.clock(c, a, b)
		all = append(all, p)
	}
	return all
}

// jsonChange is what the way between two captures does to a header field; see analyzer.Change.
type jsonChange struct {
	Inputs  [2]string `json:"inputs"` // in the direction in which the packets went
	From    string    `json:"from"`   // whose packets: client or server
	What    string    `json:"what"`
	Field   string    `json:"field"`
	Left    string    `json:"left"`
	Arrived string    `json:"arrived"`
	Varies  bool      `json:"varies,omitempty"`
	Packets int       `json:"packets"`
	Of      int       `json:"of"`
	Frames  [2]uint32 `json:"frames"`
}

func changeOf(c *analyzer.Case, x *analyzer.Change) jsonChange {
	return jsonChange{Inputs: [2]string{clean(c.Captures[x.From].Member.Name), clean(c.Captures[x.To].Member.Name)}, From: x.Side.String(), What: x.Kind.String(), Field: x.Field,
		Left: x.Left, Arrived: x.Arrived, Varies: x.Varies, Packets: x.Packets, Of: x.Of, Frames: [2]uint32{x.First[0].Frame, x.First[1].Frame}}
}
