package report

import (
	"net/netip"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/route"
)

// jsonPath is a path report. What the report does not say is absent.
type jsonPath struct {
	Input      string    `json:"input"`
	Line       int       `json:"line,omitempty"`
	Tool       string    `json:"tool"`
	Format     string    `json:"format"`
	Version    string    `json:"version,omitempty"`
	Command    string    `json:"command,omitempty"`
	From       string    `json:"from,omitempty"`
	LocalTime  string    `json:"local_time,omitempty"`
	Source     string    `json:"source,omitempty"`
	Target     string    `json:"target"`
	TargetName string    `json:"target_name,omitempty"`
	TargetFrom string    `json:"target_from,omitempty"`
	Port       uint16    `json:"port,omitempty"`
	Proto      string    `json:"proto,omitempty"`
	MaxHops    int       `json:"max_hops,omitempty"`
	Reached    *bool     `json:"reached,omitempty"`
	Outcome    string    `json:"outcome,omitempty"`
	Truncated  bool      `json:"truncated,omitempty"`
	StepNs     int64     `json:"step_ns,omitempty"`
	Hops       []jsonHop `json:"hops"`
}

type jsonHop struct {
	Hop      int          `json:"hop,omitempty"`
	Line     int          `json:"line,omitempty"`
	Frame    uint32       `json:"frame,omitempty"`
	Routers  []jsonRouter `json:"routers"`
	Loss     *float64     `json:"loss_percent,omitempty"`
	Sent     *int         `json:"sent,omitempty"`
	Received *int         `json:"received,omitempty"`
	Last     *int64       `json:"last_ns,omitempty"`
	Best     *int64       `json:"best_ns,omitempty"`
	Avg      *int64       `json:"avg_ns,omitempty"`
	Worst    *int64       `json:"worst_ns,omitempty"`
	StDev    *int64       `json:"stdev_ns,omitempty"`
	Probes   []jsonProbe  `json:"probes,omitempty"`
	Flags    []string     `json:"flags,omitempty"`
	TTL      *uint8       `json:"ttl,omitempty"`
	MTU      *int         `json:"mtu,omitempty"`
}

type jsonRouter struct {
	Name    string      `json:"name,omitempty"`
	Address string      `json:"address,omitempty"`
	AS      string      `json:"as,omitempty"`
	Labels  []jsonLabel `json:"mpls,omitempty"`
	Clipped bool        `json:"clipped,omitempty"`
}

type jsonLabel struct {
	Label uint32 `json:"label"`
	TC    uint8  `json:"tc"`
	S     uint8  `json:"s"`
	TTL   uint8  `json:"ttl"`
}

// jsonProbe is one probe; router is an index of the hop's routers, and absent where nothing answered.
type jsonProbe struct {
	Router *int   `json:"router,omitempty"`
	RTT    *int64 `json:"rtt_ns,omitempty"`
	Flag   string `json:"flag,omitempty"`
}

func pathOf(p *analyzer.PathReport) jsonPath {
	out := jsonPath{Input: clean(p.Member.Name), Line: p.Line, Tool: clean(p.Tool), Format: p.Format, Version: clean(p.Version), Command: clean(p.Command), Source: clean(p.Source),
		Target: clean(p.Target.String()), TargetFrom: string(p.Target.From), Port: p.Port, Proto: string(p.Proto), MaxHops: p.MaxHops, Reached: figure(p.Reached),
		Outcome: string(p.Outcome), Truncated: p.Cut, StepNs: int64(p.Resolution), Hops: []jsonHop{}}
	if p.Target.Addr.IsValid() {
		out.TargetName = clean(p.Target.Name)
	}
	switch p.Zone {
	case route.ZoneGiven:
		out.From = stamp(p.Start.UnixNano())
	case route.ZoneUnknown:
		out.LocalTime = p.Start.Format("2006-01-02T15:04:05")
	}
	for i := range p.Hops {
		out.Hops = append(out.Hops, hopOf(&p.Hops[i]))
	}
	return out
}

func hopOf(h *route.Hop) jsonHop {
	out := jsonHop{Hop: h.Number, Line: h.Line, Frame: h.Frame, Routers: []jsonRouter{}, Loss: figure(h.Loss), Sent: figure(h.Sent), Received: figure(h.Received), Last: nanos(h.Last),
		Best: nanos(h.Best), Avg: nanos(h.Avg), Worst: nanos(h.Worst), StDev: nanos(h.StDev), TTL: figure(h.TTL), MTU: figure(h.MTU)}
	for _, r := range h.Routers {
		k := jsonRouter{Name: clean(r.Name), Address: addressText(r.Addr), AS: clean(r.AS), Clipped: r.Clipped}
		for _, l := range r.Labels {
			k.Labels = append(k.Labels, jsonLabel(l))
		}
		out.Routers = append(out.Routers, k)
	}
	for _, p := range h.Probes {
		k := jsonProbe{RTT: nanos(p.RTT), Flag: clean(p.Flag)}
		if p.Router >= 0 {
			k.Router = &p.Router
		}
		out.Probes = append(out.Probes, k)
	}
	for _, f := range h.Flags {
		out.Flags = append(out.Flags, clean(f))
	}
	return out
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// figure gives what is known, or nothing.
func figure[T any](k route.Known[T]) *T {
	if !k.OK {
		return nil
	}
	return &k.Value
}

func nanos(k route.Known[time.Duration]) *int64 {
	if !k.OK {
		return nil
	}
	n := int64(k.Value)
	return &n
}

// jsonRow is a row of a path report that a finding rests on: a line of a file, or a frame of a capture.
type jsonRow struct {
	Input string `json:"input"`
	Line  int    `json:"line,omitempty"`
	Frame uint32 `json:"frame,omitempty"`
	Hop   int    `json:"hop,omitempty"`
}

func rowOf(r analyzer.Row) jsonRow {
	out := jsonRow{Input: clean(r.Path.Member.Name), Line: r.Line(), Frame: r.Frame()}
	if r.Hop >= 0 {
		out.Hop = r.Path.Hops[r.Hop].Number
	}
	return out
}
