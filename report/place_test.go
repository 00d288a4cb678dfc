package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
	"github.com/capforensics/capforensics/report/lang"
)

func known[T any](v T) route.Known[T] { return route.Known[T]{Value: v, OK: true} }

// traceTo makes an mtr report of ten probes a hop: "address lost milliseconds name AS", or "" for a hop that does not answer.
func traceTo(server string, hops ...string) *analyzer.PathReport {
	r := &route.Report{Tool: "mtr", Proto: route.ICMP, Target: route.Target{Addr: netip.MustParseAddr(server)}}
	for i, text := range hops {
		h := route.Hop{Number: i + 1, Sent: known(10), Received: known(0)}
		if f := append(strings.Fields(text), "", "", "", ""); f[0] != "" {
			lost, _ := strconv.Atoi(f[1])
			ms, _ := strconv.ParseFloat(f[2], 64)
			h.Received, h.Best = known(10-lost), known(time.Duration(ms*1e6))
			h.Routers = []route.Router{{Addr: netip.MustParseAddr(f[0]), Name: f[3], AS: f[4]}}
		}
		r.Hops = append(r.Hops, h)
	}
	return &analyzer.PathReport{Member: &analyzer.Member{Name: "mtr.txt"}, Report: r}
}

// ticketOf makes a case of one connection that met a trouble, with its capture at the client.
func ticketOf(client, server string, class analyzer.Class, l *analyzer.Locus, paths ...*analyzer.PathReport) *analyzer.Case {
	c := &analyzer.Conn{Class: class, Locus: l, Seen: make([]analyzer.Sighting, 1)}
	for side, text := range map[flow.Side]string{flow.Client: client, flow.Server: server} {
		a := netip.MustParseAddr(text)
		c.Seen[0].Half[side].Endpoint = flow.Endpoint{IP: a.As16(), V4: a.Is4(), Port: [2]uint16{flow.Client: 51000, flow.Server: 443}[side]}
	}
	return &analyzer.Case{Name: "ticket", Flows: []*analyzer.Conn{c}, Verdict: analyzer.Verdict{Class: class}, Paths: paths,
		Captures: []*analyzer.Capture{{Member: &analyzer.Member{Name: "client.pcap", Role: analyzer.AtClient}}}}
}

func stands(from, to, routers int, addrs ...string) *analyzer.Locus {
	l := &analyzer.Locus{From: from, To: to, Routers: routers, Basis: []analyzer.Message{analyzer.Msg("a reason")}}
	for _, a := range addrs {
		l.Addresses = append(l.Addresses, netip.MustParseAddr(a))
	}
	return l
}

const (
	testClient = "192.168.0.10"
	testServer = "198.51.100.20"
)

var eleven = []string{"192.168.0.1 0 1.5", "100.64.0.1 4 4.25 gw.carrier.example", "203.0.113.3 0 8", "203.0.113.4 0 40 core1.fra.backbone.example AS64500", "203.0.113.5 0 41", "", "203.0.113.7 1 44",
	"203.0.113.8 0 45", "203.0.113.9 0 46", "203.0.113.10 0 47", testServer + " 1 49"}

// pathTickets are ways as tickets show them.
func pathTickets() (names []string, cases map[string]*analyzer.Case) {
	cases = make(map[string]*analyzer.Case)
	add := func(name string, c *analyzer.Case) { names, cases[name] = append(names, name), c }
	whole := func() *analyzer.PathReport { return traceTo(testServer, eleven...) }
	shared := stands(2, 2, 10, "100.64.0.1")
	shared.Stretch = analyzer.Msg("among shared addresses (100.64.0.0/10): in the network of the client's carrier, before its address translation")
	long, six := []string{}, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:"
	for i := 1; i <= 18; i++ {
		long = append(long, fmt.Sprintf("%s%x 0 %d", six, i, 10*i))
	}
	add("interval", ticketOf(testClient, testServer, analyzer.Middlebox, stands(4, 5, 10, "203.0.113.4", "203.0.113.5"), whole()))
	add("single hop, and a stretch", ticketOf(testClient, testServer, analyzer.Middlebox, shared, whole()))
	add("a hop that did not answer", ticketOf(testClient, testServer, analyzer.Middlebox, stands(6, 6, 10), whole()))
	add("the client itself", ticketOf(testClient, testServer, analyzer.Middlebox, stands(0, 0, 10), whole()))
	add("anywhere", ticketOf(testClient, testServer, analyzer.Middlebox, stands(1, 10, 10, "192.168.0.1", "203.0.113.10"), whole()))
	add("TTLs and reports differ", ticketOf(testClient, testServer, analyzer.Middlebox, stands(9, 12, 12, "203.0.113.9", "203.0.113.10"), whole()))
	add("the trace ends before the server", ticketOf(testClient, testServer, analyzer.Middlebox, stands(3, 3, 0, "203.0.113.3"), traceTo(testServer, append(eleven[:4:4], "", "", "")...)))
	add("no path report, the routers are counted", ticketOf(testClient, testServer, analyzer.Middlebox, stands(3, 5, 6)))
	add("no path report, the routers are not", ticketOf(testClient, testServer, analyzer.Middlebox, stands(3, 5, 0)))
	add("long, over IPv6", ticketOf("2001:db8::10", "2001:db8:ffff::20", analyzer.Middlebox, stands(3, 15, 18, six+"3", six+"f"), traceTo("2001:db8:ffff::20", append(long, "2001:db8:ffff::20 0 200")...)))
	add("no locus", ticketOf(testClient, testServer, analyzer.Middlebox, nil, whole()))
	add("no locus and no path report", ticketOf(testClient, testServer, analyzer.Middlebox, nil))
	add("a report to another host", ticketOf(testClient, testServer, analyzer.Middlebox, nil, traceTo("198.51.100.99", eleven...)))
	add("packet loss", ticketOf(testClient, testServer, analyzer.Path, nil, whole()))
	add("packet loss without a path report", ticketOf(testClient, testServer, analyzer.Path, nil))
	add("the host did it", ticketOf(testClient, testServer, analyzer.Endpoint, nil, whole()))
	add("clean", ticketOf(testClient, testServer, analyzer.Clean, nil, whole()))
	return names, cases
}

// written gives a place as text: a host is [ ], a router ( ), one that did not answer { }, and the shade is | |.
func written(v *PlaceView) string {
	if v == nil {
		return "nothing\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "== %s\n%s\n", v.Title, strings.Join(v.Text, "\n"))
	for _, s := range v.Basis {
		fmt.Fprintf(&b, "- %s\n", s)
	}
	if v.Line != nil {
		rows, _ := v.Line.Rows()
		for k, row := range rows {
			for i, n := range row {
				shape := "(%s)"
				switch {
				case n.Gap:
					shape = "?%s"
				case n.Name != "":
					shape = "[%s]"
				case n.Hollow:
					shape = "{%s}"
				}
				if shape = fmt.Sprintf(shape, n.Mark); n.Inside {
					shape = "|" + shape + "| " + v.Line.Label
				}
				fmt.Fprintf(&b, "%d.%d %s %s\n", k, i, shape, strings.Join(n.texts(), " / "))
			}
		}
	}
	for _, s := range v.Notes {
		fmt.Fprintf(&b, "* %s\n", s)
	}
	return b.String()
}

func TestPathGolden(t *testing.T) {
	names, cases := pathTickets()
	for _, code := range []string{"en", "zh"} {
		var out strings.Builder
		for _, name := range names {
			b := newBuilder(cases[name], lang.For(code))
			fmt.Fprintf(&out, "#### %s\nwhere: %s\n%s\n", name, b.where(), written(b.place(cases[name].Flows[0])))
		}
		analyzertest.Golden(t, "testdata/place_"+code+".golden", []byte(out.String()))
	}
}

// TestPathIsDrawnOnce: connections that one device treated share their picture, and a way that cannot be told more of is shown once.
func TestPathIsDrawnOnce(t *testing.T) {
	_, cases := pathTickets()
	for name, want := range map[string]int{"interval": 1, "no locus": 1, "packet loss": 1, "clean": 0} {
		b, got := newBuilder(cases[name], lang.For("en")), 0
		for range 3 {
			if v := b.place(cases[name].Flows[0]); v != nil {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: shown %d times, want %d", name, got, want)
		}
	}
}

// TestWouldPlace: what would place a device is what is missing.
func TestWouldPlace(t *testing.T) {
	server := func(c *analyzer.Case) *analyzer.Case {
		c.Captures = append(c.Captures, &analyzer.Capture{Index: 1, Member: &analyzer.Member{Name: "server.pcap", Role: analyzer.AtServer}})
		far := c.Flows[0].Seen[0]
		far.Capture = 1
		c.Flows[0].Seen = append(c.Flows[0].Seen, far)
		return c
	}
	trace := traceTo(testServer, eleven...)
	policed := ticketOf(testClient, testServer, analyzer.Middlebox, nil)
	policed.Flows[0].Cause = analyzer.Policing
	for _, tt := range []struct {
		name string
		c    *analyzer.Case
		want string
	}{
		{"no path report", server(ticketOf(testClient, testServer, analyzer.Middlebox, nil)), "mtr -T -P 443 -rwbz -c 100 198.51.100.20"},
		{"one end", ticketOf(testClient, testServer, analyzer.Middlebox, nil, trace), "captures of both ends"},
		{"the packets are the hosts' own", policed, "a capture on a router"},
		{"anywhere", server(ticketOf(testClient, testServer, analyzer.Middlebox, stands(1, 10, 10), trace)), "a capture on a router"},
		{"both ends and a path report", server(ticketOf(testClient, testServer, analyzer.Middlebox, nil, trace)), "a capture on a router"},
	} {
		v := newBuilder(tt.c, lang.For("en")).place(tt.c.Flows[0])
		if v == nil || !strings.Contains(v.Text[1], tt.want) {
			t.Errorf("%s: %s does not say %q", tt.name, written(v), tt.want)
		}
	}
}

// TestRowsKeepThePlaceTogether: a row is lengthened, up to what has room, rather than to part the place of the device.
func TestRowsKeepThePlaceTogether(t *testing.T) {
	for _, tt := range []struct{ nodes, from, to, rows, columns int }{
		{0, 0, 0, 0, 0},
		{1, 0, 0, 1, 1},
		{8, 2, 3, 1, 8},
		{9, 2, 3, 2, 5},
		{9, 4, 5, 2, 6},
		{13, 6, 7, 2, 8},
		{17, 5, 6, 3, 7},
		{12, 1, 9, 2, 6},
	} {
		l := &WayLine{}
		for i := range tt.nodes {
			l.Nodes = append(l.Nodes, WayNode{Inside: tt.from <= i && i <= tt.to})
		}
		rows, columns := l.Rows()
		if len(rows) != tt.rows || columns != tt.columns {
			t.Errorf("%d nodes with the device at %d to %d: %d rows of %d, want %d of %d", tt.nodes, tt.from, tt.to, len(rows), columns, tt.rows, tt.columns)
		}
	}
}

func TestBands(t *testing.T) {
	in, out := WayNode{Inside: true}, WayNode{}
	rows := [][]WayNode{{out, in, in}, {in, in, in}, {in, out}}
	for k, want := range []band{{1, 3, false, true}, {0, 3, true, true}, {0, 1, true, false}} {
		if got := bands(rows, k); len(got) != 1 || got[0] != want {
			t.Errorf("row %d: %+v, want %+v", k, got, want)
		}
	}
	if got := bands([][]WayNode{{out, out}}, 0); got != nil {
		t.Errorf("%+v where the device is not", got)
	}
}

func TestBroken(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "",
		"203.0.113.5":                            "203.0.113.5",
		"255.255.255.255":                        "255.255.255.255",
		"2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff": "2001:db8:aaaa:|bbbb:cccc:dddd:|eeee:ffff",
		"core1.fra.backbone.example":             "core1.fra.|backbone.example",
		strings.Repeat("x", 60):                  "xxxxxxxxxxxxxxxx|xxxxxxxxxxxxxxxx|xxxxxxxxxxxxxxxx…",
		"没有任何路由器应答":                              "没有任何路由器应|答",
	} {
		if got := strings.Join(broken(in), "|"); got != want {
			t.Errorf("%q is broken as %q, want %q", in, got, want)
		}
	}
}

// TestPathStaysInThePicture: nothing that a page draws is outside of the picture.
func TestPathStaysInThePicture(t *testing.T) {
	place := regexp.MustCompile(` (?:x|y|cx|cy|x1|x2|y1|y2)="([^"]*)"`)
	names, cases := pathTickets()
	for _, name := range names {
		v := newBuilder(cases[name], lang.For("en")).place(cases[name].Flows[0])
		if v == nil || v.Line == nil {
			continue
		}
		var page bytes.Buffer
		if err := HTML(&page, &View{Exhibits: []*ExhibitView{{Place: v}}}); err != nil {
			t.Fatal(err)
		}
		_, svg, found := strings.Cut(page.String(), `<svg class="way" viewBox="0 0 `)
		size, svg, _ := strings.Cut(svg, `"`)
		var width, height float64
		if n, _ := fmt.Sscan(size, &width, &height); !found || n != 2 {
			t.Fatalf("%s: no picture", name)
		}
		svg, _, _ = strings.Cut(svg, "</svg>")
		if n := strings.Count(svg, "<circle") + strings.Count(svg, `<rect class="full"`); n < len(v.Line.Nodes)-1 {
			t.Errorf("%s: %d hops are drawn of %d", name, n, len(v.Line.Nodes))
		}
		if shaded := strings.Contains(svg, `class="band"`); shaded != (v.Line.Label != "") || shaded && !strings.Contains(svg, ">"+v.Line.Label+"<") {
			t.Errorf("%s: the shade and its label %q do not fit", name, v.Line.Label)
		}
		for _, m := range place.FindAllStringSubmatch(svg, -1) {
			if at, err := strconv.ParseFloat(m[1], 64); err != nil || at < 0 || at > width && strings.Contains(m[0], "x") || at > height && strings.Contains(m[0], "y") {
				t.Errorf("%s: %s is outside of %s", name, m[0], size)
			}
		}
	}
}
