package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/report/lang"
	"github.com/capforensics/capforensics/rules"
)

// twoCaptures analyses a .pkt file whose text is changed first.
func twoCaptures(t *testing.T, path string, change ...string) *analyzer.Case {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(text, change[i]) {
			t.Fatalf("%s does not hold %q", path, change[i])
		}
		text = strings.ReplaceAll(text, change[i], change[i+1])
	}
	s, err := analyzertest.ParsePkt(path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	return analyzertest.Analyze(t, rules.All(), captures...)
}

// drawn writes a ladder as text.
func drawn(l *Ladder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s - %s  %q\n", l.Left, l.Right, l.Captures)
	for _, n := range l.Notes {
		fmt.Fprintf(&b, "%s\n", n)
	}
	for _, r := range l.Rows {
		if r.Elided != "" {
			fmt.Fprintf(&b, "%s\n", r.Elided)
			continue
		}
		shape := map[Reach]string{Whole: "=====", LeftHalf: "==   ", RightHalf: "   =="}[r.Reach]
		if r.Cut {
			shape = map[Reach]string{LeftHalf: "==x  ", RightHalf: "  x=="}[r.Reach]
		}
		way := "<" + shape
		if r.FromLeft {
			way = shape + ">"
		}
		fmt.Fprintf(&b, "%9s %-5s %s %-5s %9s | %s | %s | %s | %s\n", r.Time, frameOf(r.Frame, r.Recut), way, frameOf(r.FarFrame, r.Recut), r.FarTime, r.Label, r.Mark, r.Below, r.RoleName)
	}
	return b.String()
}

func TestTwoEndsGolden(t *testing.T) {
	c := twoCaptures(t, "testdata/two_ends.pkt")
	for _, l := range []Lang{English, Chinese} {
		v := NewView(c, Options{Lang: l})
		var b strings.Builder
		for _, e := range v.Exhibits {
			fmt.Fprintf(&b, "%s\n%s", e.Title, drawn(e.Ladder))
			b.WriteString(strings.Join(e.Evidence.Head, " | ") + "\n")
			for _, row := range e.Evidence.Rows {
				b.WriteString(strings.Join(row, " | ") + "\n")
			}
		}
		analyzertest.Golden(t, "testdata/two_ends_"+string(l)+".golden", []byte(b.String()))
	}
}

// TestMarksOfTwoEnds: what one capture alone holds is called lost or forged only where the other would hold it.
func TestMarksOfTwoEnds(t *testing.T) {
	const lost, forged, alone, ack = "sent, never arrived", "arrived, never sent", "not in the other capture", "pure ACK, may be merged"
	const end = `flow 192.0.2.10:51002 > 198.51.100.20:443  client.ttl=52 server.ttl=64
109.015 C SYN
109.016 S SYN,ACK
109.046 C ACK
109.047 C FIN,ACK
109.048 S FIN,ACK
109.078 C ACK
` // of the server's capture
	tests := []struct {
		name   string
		change []string
		want   map[string]string // by the label's beginning
	}{
		{"all is well with the captures", nil, map[string]string{
			"PSH, ACK  Seq=101": lost, "PSH, ACK  Seq=518": lost, "RST, ACK  Seq=129": forged, "ACK  Seq=518 Ack=101": ack}},
		{"the client acknowledges in the server's capture what that does not hold", []string{"100.316 C ACK rack=119", "100.316 C ACK rack=900"}, map[string]string{
			"PSH, ACK  Seq=518": alone, "RST, ACK  Seq=129": alone, "PSH, ACK  Seq=101": lost}},
		{"nothing tells the copies apart", []string{"id=0x1010", "id=0", "id=0x1011", "id=0"}, map[string]string{"PSH, ACK  Seq=518": "not told from its copies", "RST, ACK  Seq=129": forged}},
		{"a filter at the server leaves out resets", []string{"102.016 S RST,ACK\n", ""}, map[string]string{"RST, ACK  Seq=129": "the other may leave out resets", "PSH, ACK  Seq=518": lost}},
		{"the server's capture ends with the connection", []string{end, ""}, map[string]string{"RST, ACK  Seq=129": forged, "PSH, ACK  Seq=518": lost}},
		{"and holds nothing after the reset", []string{end, "", "100.686 S PSH,ACK rseq=129 rack=536 len=60 id=0x2008\n", "", "102.01", "100.61"}, map[string]string{"RST, ACK  Seq=129": "the other may have ended"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := twoCaptures(t, "testdata/two_ends.pkt", tt.change...)
			var l *Ladder
			for _, e := range NewView(c, Options{}).Exhibits {
				if strings.HasPrefix(e.Title, "192.0.2.10:51000 ") {
					l = e.Ladder
				}
			}
			if l == nil || !l.Two() {
				t.Fatalf("no ladder of two captures: %+v", l)
			}
			for label, want := range tt.want {
				var got []string
				for _, r := range l.Rows {
					if strings.HasPrefix(r.Label, label) && r.Reach != Whole {
						got = append(got, r.Mark)
						if cut := want == lost || want == forged; r.Cut != cut {
							t.Errorf("%s: marked in the middle is %v, want %v", r.Label, r.Cut, cut)
						}
					}
				}
				if len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q, want %q once\n%s", label, got, want, drawn(l))
				}
			}
		})
	}
}

// TestTwoEndsOnThePageAndInJSON: the page draws where a packet was lost and where a forged one came from, and rows of evidence name the frame of
// the other capture in the JSON too, null for none.
func TestTwoEndsOnThePageAndInJSON(t *testing.T) {
	c := twoCaptures(t, "testdata/two_ends.pkt")
	var page, doc bytes.Buffer
	if err := errors.Join(HTML(&page, NewView(c, Options{})), JSON(&doc, c, Options{})); err != nil {
		t.Fatal(err)
	}
	for want, times := range map[string]int{`<path class="cross"`: 2, `<path class="dot"`: 1, ">sent, never arrived<": 2, ">arrived, never sent<": 1, ">≈": 0} {
		if got := strings.Count(page.String(), want); got != times {
			t.Errorf("%s is on the page %d times, want %d", want, got, times)
		}
	}
	for _, want := range []string{`"field":"ip.ttl","observed":"61","expected":"52","role":"forged","elsewhere":[{"input":"server.pcap","frame":null}]`,
		`"role":"baseline","elsewhere":[{"input":"server.pcap","frame":11}]`} {
		if !strings.Contains(doc.String(), want) {
			t.Errorf("the JSON does not hold %s", want)
		}
	}
}

// TestThreeCaptures: the far end is drawn, and evidence names the frames of both other captures.
func TestThreeCaptures(t *testing.T) {
	src, err := os.ReadFile("testdata/two_ends.pkt")
	if err != nil {
		t.Fatal(err)
	}
	client, server, _ := strings.Cut(string(src), "capture server")
	tap := strings.ReplaceAll(strings.ReplaceAll(strings.Replace(client, "capture client", "capture tap", 1), "client.ttl=64", "client.ttl=60"), "server.ttl=52", "server.ttl=56")
	s, err := analyzertest.ParsePkt("three", []byte(client+tap+"capture server"+server))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	e := NewView(analyzertest.Analyze(t, rules.All(), captures...), Options{}).Exhibits[0]
	if want := [2]string{"client.pcap", "server.pcap"}; e.Ladder.Captures != want {
		t.Errorf("the ladder is of %q, want %q", e.Ladder.Captures, want)
	}
	if got, want := e.Evidence.Rows[0][elsewhereColumn], "tap.pcap: 13; server.pcap: none"; got != want {
		t.Errorf("the reset is said to be elsewhere in %q, want %q", got, want)
	}
}

// TestElidedLossesAreCounted: where a ladder leaves packets out it says how many of them were lost.
func TestElidedLossesAreCounted(t *testing.T) {
	e := &analyzer.Exhibit{Flow: &flow.Flow{}, Other: &analyzer.OtherEnd{Capture: 1, Flow: &flow.Flow{}}}
	const n = 200
	for i := range n {
		e.Packets = append(e.Packets, flow.Packet{Frame: uint32(i + 1), Len: 100})
		e.Other.Steps = append(e.Other.Steps, analyzer.Step{Here: int32(i), There: -1, Fate: analyzer.FateLost})
	}
	m := &analyzer.Member{Name: "a.pcap"}
	c := &analyzer.Case{Captures: []*analyzer.Capture{{Member: m}, {Member: m}}}
	l := (&builder{Case: c, lang: lang.For("en")}).ladder(e, nil)
	drawn, lost := 0, 0
	for _, r := range l.Rows {
		var packets, gone int
		if k, _ := fmt.Sscanf(r.Elided, "… %d packets, of which %d were sent", &packets, &gone); k == 2 && packets == gone {
			lost += gone
		} else if r.Mark == "sent, never arrived" {
			drawn++
		}
	}
	if drawn == 0 || lost == 0 || drawn+lost != n || len(l.Rows) > ladderMost {
		t.Errorf("%d lost packets are drawn and %d counted in %d rows, want %d in all in at most %d rows", drawn, lost, len(l.Rows), n, ladderMost)
	}
}

// TestWhatTheWayDoes: the table says what packets left as and arrived as, how many of them, and where to look, in every format and language.
func TestWhatTheWayDoes(t *testing.T) {
	c := twoCaptures(t, "../rules/testdata/ecn_bleach.pkt")
	for lang, want := range map[Lang][]string{
		English: {"client.pcap → server.pcap", "client", "TTL (routers: 12)", "64", "52", "8 of 8", "1 → 1", "ip.ttl",
			"client.pcap → server.pcap", "client", "ECN", "2", "0", "2 of 8", "4 → 4", "ip.dsfield.ecn"},
		Chinese: {"client.pcap → server.pcap", "客户端", "TTL（路由器 12 个）", "64", "52", "8 个中的 8 个", "1 → 1", "ip.ttl",
			"client.pcap → server.pcap", "客户端", "ECN", "2", "0", "8 个中的 2 个", "4 → 4", "ip.dsfield.ecn"},
	} {
		v := NewView(c, Options{Lang: lang})
		var got []string
		for _, s := range v.Sections {
			if s.Table != nil && slices.Contains(s.Table.Head, langName(lang, "Left as")) {
				got = append(got, s.Table.Rows[0]...)
				got = append(got, s.Table.Rows[1]...)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		var page, doc bytes.Buffer
		if err := errors.Join(HTML(&page, v), PDF(&doc, v)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), "ip.dsfield.ecn") || doc.Len() == 0 {
			t.Errorf("%s: the page does not show the field, or there is no PDF", lang)
		}
	}
	var doc bytes.Buffer
	if err := JSON(&doc, c, Options{}); err != nil {
		t.Fatal(err)
	}
	const want = `{"inputs":["client.pcap","server.pcap"],"from":"client","what":"ECN","field":"ip.dsfield.ecn","left":"2","arrived":"0","packets":2,"of":8,"frames":[4,4]}`
	if !strings.Contains(doc.String(), want) {
		t.Errorf("JSON lacks %s", want)
	}
}

func langName(l Lang, s string) string { return lang.For(string(l)).T(s) }

// TestRelays: what a proxy relays is told by service, and on a page one by one, with what it was matched by and how well; JSON has it as a pair.
func TestRelays(t *testing.T) {
	c := twoCaptures(t, "../rules/testdata/tcp_proxy.pkt")
	for lang, want := range map[Lang][]string{
		English: {"198.51.100.20:80", "client.pcap", "1", "10.0.0.9:8080", "server.pcap", "1", "the client's first data; the server's first data; the name asked for; the time", "1"},
		Chinese: {"198.51.100.20:80", "client.pcap", "1", "10.0.0.9:8080", "server.pcap", "1", "客户端最先发送的数据；服务端最先发送的数据；所请求的名称；时间", "1"},
	} {
		v := NewView(c, Options{Lang: lang})
		i := slices.IndexFunc(v.Sections, func(s Section) bool { return s.Title == langName(lang, "What proxies relay") })
		if i < 0 {
			t.Fatalf("%s: no section on proxies", lang)
		}
		if s := v.Sections[i]; len(s.Table.Rows) != 1 || !slices.Equal(s.Table.Rows[0], want) {
			t.Errorf("%s: %q, want %q", lang, s.Table.Rows, want)
		} else if d := s.Detail.Rows; len(d) != 1 || d[0][0] != "192.0.2.10:51000 → 198.51.100.20:80" || d[0][7] != "10 (0)" {
			t.Errorf("%s: one by one %q", lang, d)
		}
	}
	var doc bytes.Buffer
	if err := JSON(&doc, c, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"matched_by":"the client's first data; the server's first data; the name asked for; the time"`, `"proxy":"tcp-proxy","relayed_by":"t`, `"score":10,"next_score":0`} {
		if !strings.Contains(doc.String(), want) {
			t.Errorf("JSON lacks %s", want)
		}
	}
	// A connection that a SYN proxy opened is one connection, and its packets prove nothing by their absence.
	c = twoCaptures(t, "../rules/testdata/verdicts/syn_proxied.pkt")
	doc.Reset()
	if err := JSON(&doc, c, Options{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(doc.String(), `"proxy":"syn-proxy"`); n != 2 {
		t.Errorf("%d pairs are said to be opened by a SYN proxy, want 2", n)
	}
	if e := c.Exhibits[0]; e.Other == nil || slices.ContainsFunc(e.Other.Steps, func(s analyzer.Step) bool { return s.Fate == analyzer.FateLost || s.Fate == analyzer.FateUnsent }) {
		t.Error("a packet of a connection that a SYN proxy opened is said to be lost or never sent, or the other end is not shown")
	}
}
