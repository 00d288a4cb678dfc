package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// hostileCase is a case whose every text wants to harm whoever shows it.
func hostileCase() *analyzer.Case {
	const evil = "<script>alert(1)</script>\x1b[2J\u202egnp.exe\"'&=cmd|' /C calc'!A0"
	m := &analyzer.Member{Name: evil + ".pcap", Kind: analyzer.KindCapture, Format: "pcap", Packets: 9, From: 1e18, To: 1e18 + 5e9, Why: analyzer.Msg("%s", evil)}
	c := &analyzer.Case{Name: evil, Members: []*analyzer.Member{m}, Counts: map[analyzer.Class]int{analyzer.Middlebox: 1}, From: 1e18, To: 1e18 + 5e9}
	c.Captures = []*analyzer.Capture{{Member: m}}
	var s flow.Summary
	for side, last := range []byte{10, 20} {
		h := &s.Half[side]
		h.V4, h.IP = true, [16]byte{10: 0xff, 11: 0xff, 12: 192, 14: 2, 15: last}
	}
	s.First, s.FirstFrame, s.FirstRSTFrame, s.FirstRSTSide = 1e18, 1, 3, flow.Server
	rule := &analyzer.Rule{ID: "r", Title: evil, Innocent: []string{"none"}, Next: "next", Family: analyzer.FamilyTTL, Cause: analyzer.RSTInjection}
	f := &analyzer.Finding{Rule: rule, Cause: analyzer.RSTInjection, Weight: 4, Summary: analyzer.Msg("says %s", evil),
		Evidence: []analyzer.Evidence{{Frame: 3, Field: "ip.ttl", Observed: evil, Expected: "52", Role: analyzer.Forged}}}
	c.Findings = []*analyzer.Finding{f}
	c.Flows = []*analyzer.Conn{{Seen: []analyzer.Sighting{{Summary: s}}, Class: analyzer.Middlebox, Cause: analyzer.RSTInjection, Confidence: 0.99, Grade: analyzer.VeryStrong, Findings: []int{0}}}
	c.Verdict = analyzer.Verdict{Class: analyzer.Middlebox, Cause: analyzer.RSTInjection, Confidence: 0.99, Grade: analyzer.VeryStrong,
		Headline: analyzer.Msg("A device on the path refused %v to %s.", analyzer.Connections(1), evil), Because: []analyzer.Message{analyzer.Msg("%s", evil)}}
	c.Caveats = []analyzer.Caveat{{Member: evil, Text: analyzer.Msg("%s", evil)}}
	c.Checks = []*analyzer.Check{{Rule: rule, Looked: 1, Fired: 1, Skipped: map[string]int{evil: 1}}}
	packets := []flow.Packet{
		{Time: 1e18, Frame: 1, Flags: flow.SYN, TTL: 64},
		{Time: 1e18 + 1e6, Frame: 2, Flags: flow.SYN | flow.ACK, TTL: 52, Side: flow.Server},
		{Time: 1e18 + 2e6, Frame: 3, Flags: flow.RST, TTL: 61, Side: flow.Server},
		{Time: 1e18 + 3e6, Frame: 4, Flags: flow.ACK, TTL: 52, Side: flow.Server, Len: 10},
	}
	c.Paths = []*analyzer.PathReport{{Member: m, Report: &route.Report{Tool: "mtr", Version: evil, Command: evil, Source: evil, Target: route.Target{Name: evil, From: route.FromReport}, Line: 1,
		Hops: []route.Hop{{Number: 1, Line: 2, Flags: []string{evil}, Routers: []route.Router{{Name: evil, AS: evil}}, Probes: []route.Probe{{Flag: evil}}}}}}}
	c.Exhibits = []*analyzer.Exhibit{{Flow: &flow.Flow{Summary: s, Packets: packets}}}
	return c
}

func TestNothingHostileGetsThrough(t *testing.T) {
	c := hostileCase()
	for _, lang := range []Lang{English, Chinese} {
		o := Options{Lang: lang, Version: "test"}
		var text, page, doc bytes.Buffer
		v := NewView(c, o)
		if err := errors.Join(Text(&text, v), HTML(&page, v), JSON(&doc, c, o)); err != nil {
			t.Fatal(err)
		}
		for name, out := range map[string]string{"text": text.String(), "HTML": page.String(), "JSON": doc.String()} {
			if strings.ContainsAny(out, "\x1b\u202e") {
				t.Errorf("%s, %s: a control character got through", lang, name)
			}
		}
		if strings.Contains(page.String(), "<script") {
			t.Errorf("%s: markup of the ticket is in the page", lang)
		}
		if !strings.Contains(page.String(), "&lt;script&gt;") {
			t.Errorf("%s: the page does not show the name at all", lang)
		}
	}
}

// TestPageIsWellFormed parses the page as XML would be: every element that is opened is closed, and nothing loads from elsewhere.
func TestPageIsWellFormed(t *testing.T) {
	var page bytes.Buffer
	if err := HTML(&page, NewView(hostileCase(), Options{Lang: Chinese})); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(&page)
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	elements := make(map[string]int)
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			elements[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "src" || a.Name.Local == "href" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	for _, want := range []string{"svg", "table", "pre", "h2"} {
		if elements[want] == 0 {
			t.Errorf("the page has no <%s>", want)
		}
	}
	if elements["script"]+elements["img"]+elements["link"]+elements["iframe"] > 0 {
		t.Errorf("the page loads something: %v", elements)
	}
}

func TestCharts(t *testing.T) {
	v := NewView(hostileCase(), Options{})
	e := v.Exhibits[0]
	if len(e.Charts) != 2 || len(e.Charts[0].Series) != 3 || len(e.Charts[0].Series[2].Points) != 1 {
		t.Fatalf("charts %+v: want two, the suspect as a series of its own", e.Charts)
	}
	if p := e.Charts[0].Series[2].Points[0]; p.Y != 61 || p.X != 0.002 {
		t.Errorf("the suspect stands at %+v, want 0.002 s and TTL 61", p)
	}
	if e.Wireshark == "" {
		t.Error("the server went on after its reset, and the report does not say what Wireshark makes of it")
	}
	if got := e.Ladder.Rows[2]; got.Role != analyzer.Forged || got.FromLeft {
		t.Errorf("the reset's rung is %+v", got)
	}
	if want := "ip.addr==192.0.2.10 && ip.addr==192.0.2.20 && tcp.port==0 && tcp.port==0"; e.Filter != want {
		t.Errorf("filter %q, want %q", e.Filter, want)
	}
	if e.Frames != "frame.number in {3}" {
		t.Errorf("frames %q", e.Frames)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{{0, 1, "0 0.2 0.4 0.6 0.8 1"}, {48, 125, "60 80 100 120"}, {0, 0.3, "0 0.1 0.2 0.3"}, {5, 5, "5"}} {
		var got []string
		for _, k := range ticks(c.lo, c.hi) {
			got = append(got, k.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("ticks(%g, %g) = %s, want %s", c.lo, c.hi, s, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain, 中文, é", "plain, 中文, é"},
		{"a\x1b[0m", "a\\u{1b}[0m"},
		{"a\u202eb", "a\\u{202e}b"},
		{"a\nb", "a\\u{a}b"},
	} {
		if got := clean(c.in); got != c.want {
			t.Errorf("clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := clean(strings.Repeat("x", 5000)); len([]rune(got)) != maxText+1 {
		t.Errorf("a text of 5000 is cut to %d", len([]rune(got)))
	}
}

// The filter of a DNS flow once named TCP ports, and showed nothing.
func TestDisplayFilterNamesTheTransport(t *testing.T) {
	c, s := flow.Endpoint{Port: 40000}, flow.Endpoint{Port: 53}
	for proto, want := range map[flow.Proto]string{flow.TCP: "tcp.port==40000 && tcp.port==53", flow.UDP: "udp.port==40000 && udp.port==53"} {
		if got := displayFilter(proto, c, s); !strings.HasSuffix(got, want) {
			t.Errorf("filter %q, want it to end in %q", got, want)
		}
	}
}
