package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// english and chinese are small views with one of everything.
func english() *View {
	chart := &Chart{Title: "TTL over time", XLabel: "seconds since the start", XMax: 0.5, YMin: 40, YMax: 70,
		XTicks: []Tick{{0, "0"}, {0.25, "0.25"}, {0.5, "0.5"}}, YTicks: []Tick{{40, "40"}, {60, "60"}},
		Series: []Series{{"client", Circle, []Point{{0, 64}, {0.2, 64}, {0.5, 64}}}, {"server", Square, []Point{{0.1, 52}, {0.3, 52}}}, {"suspect", Ringed, []Point{{0.4, 61}}}}}
	return &View{
		Lang: English, Title: "Packet capture forensics", Ticket: "ticket-4711.zip", Class: analyzer.Middlebox, ClassName: "device on the path",
		Facts:    []Fact{{"Ticket", "ticket-4711.zip"}, {"Captured", "2026-11-24 02:40:45.999 to 2026-11-24 02:40:57.539 (UTC)"}},
		Headline: "A device between the hosts forged the reset of frame 7; 198.51.100.20:443 did not send it.", Sure: "very strong (99.4 %)", Where: "hop 2 or 3 of 5",
		Labels: Labels{Verdict: "Verdict", Because: "Because", Next: "What to do next", Also: "Also here", Evidence: "Evidence", Filter: "Display filter",
			Verify: "On the command line", Innocent: "Innocent explanations", Against: "Against", Open: "Limits", Ladder: "Packets", Wireshark: "In Wireshark", Where: "Where"},
		Because: []string{"frame 7 arrived with TTL 61, while 3 other packets of that host arrived with TTL 52", "frame 7 came 1.20 ms after the request"},
		Next:    []string{"Capture at the server at the same time."},
		Also:    []string{"2 connections lost packets."},
		Exhibits: []*ExhibitView{{
			Title: "192.0.2.10:51000 → 198.51.100.20:443", Class: analyzer.Middlebox, Summary: "device on the path: forged reset, very strong (99.4 %)",
			Reasons: []string{"frame 7 arrived with TTL 61 — weight +2.0"},
			Evidence: &Table{Head: []string{"Capture", "Frame", "Time", "Field", "Observed", "Expected", "Part"}, Mono: []int{1, 2, 3, 4, 5},
				Wide: []int{22, 8, 16, 22, 16, 16, 12}, Rows: [][]string{
					{"client.pcapng", "7", "02:40:55.284746", "ip.ttl", "61", "52", "forged"}, {"client.pcapng", "5", "02:40:55.264325", "ip.ttl", "52", "", "baseline"}}},
			Place: &PlaceView{Title: "Where the device stands", Text: []string{"At hop 2 or 3 of 5."}, Basis: []string{"the reset arrived with TTL 61"}, Notes: []string{"Shaded is where it may be."},
				Line: &WayLine{Label: "the device: somewhere here", Nodes: []WayNode{{Name: "client", Lines: []string{"192.0.2.10"}}, {Mark: "1", Lines: []string{"192.0.2.1", "1.5 ms"}}, {Mark: "2", Inside: true, Lines: []string{"203.0.113.2", "AS64500"}},
					{Mark: "3", Hollow: true, Inside: true, Lines: []string{"no answer"}}, {Gap: true}, {Name: "server", Mark: "5", Lines: []string{"198.51.100.20"}}}}},
			Filter: "ip.addr==192.0.2.10 && ip.addr==198.51.100.20 && tcp.port==51000 && tcp.port==443", Frames: "frame.number in {5, 7}",
			Verify:   `tshark -r "client.pcapng" -Y "frame.number==7"`,
			Innocent: []string{"A load balancer answers for the server."}, Against: []string{"The route may have changed."}, Open: []string{"Only one end was captured."},
			Wireshark: "Wireshark marks frame 8 as out-of-order.", Charts: []*Chart{chart},
			Ladder: &Ladder{Left: "192.0.2.10:51000", Right: "198.51.100.20:443", Rows: []Rung{
				{Time: "0.000000", Frame: 1, FromLeft: true, Label: "SYN Seq=0 TTL=64"}, {Elided: "… 4 packets …"},
				{Time: "0.031200", Frame: 5, Label: "ACK Seq=1 TTL=52", Role: analyzer.Baseline, RoleName: "baseline"},
				{Time: "0.032400", Frame: 7, Label: "RST Seq=1 TTL=61", Role: analyzer.Forged, RoleName: "forged"}}},
		}, {
			Title: "192.0.2.10:51002 → 198.51.100.20:443", Class: analyzer.Path, Summary: "packet loss", Filter: "tcp.port==51002",
			Ladder: &Ladder{Left: "192.0.2.10:51002", Right: "10.0.0.20:443", Captures: [2]string{"client.pcapng", "server.pcap"}, Notes: []string{"Left are the frames of client.pcapng.", "The clocks cannot be compared."}, Rows: []Rung{
				{Time: "0.000000", Frame: 21, FarTime: "0.014000", FarFrame: 1, FromLeft: true, Label: "SYN Seq=0 TTL=64"},
				{Time: "0.031000", Frame: 22, FarTime: "0.015000", FarFrame: 2, Label: "SYN, ACK Seq=0 TTL=52", Below: "changed on the way: other payload"},
				{Time: "0.032000", Frame: 23, FromLeft: true, Reach: LeftHalf, Cut: true, Mark: "sent, never arrived", Label: "PSH, ACK Seq=1 Len=517 TTL=64 ID=0x1234"},
				{Time: "0.033000", Frame: 24, Reach: LeftHalf, Cut: true, Mark: "arrived, never sent", Label: "RST Seq=1 TTL=61", Role: analyzer.Forged, RoleName: "forged"},
				{Elided: "… 9 packets …"},
				{FarTime: "0.040000", FarFrame: 12, Reach: RightHalf, Mark: "not in the other capture", Label: "ACK Seq=1 TTL=64"},
				{FarTime: "0.041000", FarFrame: 13, FromLeft: true, Reach: RightHalf, Mark: "pure ACK, may be merged", Label: "ACK Seq=518 TTL=52"},
				{Time: "0.050000", Frame: 31, FarTime: "0.045000", FarFrame: 14, Recut: true, Label: "ACK Seq=1 Len=1448 TTL=52"}}},
		}},
		Sections: []Section{
			{Title: "What the ticket holds", Table: &Table{Head: []string{"File", "Kind", "SHA-256"}, Mono: []int{2}, Wide: []int{40, 20, 30},
				Rows: [][]string{{"client.pcapng", "capture", "ff3a150aa1398bddffd33e89438ca263dc6e2823cea6a57c4b8e0d8e8d1ae1e8"}}, More: "and 12 more files"}},
			{Title: "Method", Text: []string{"Every connection was rebuilt from the captures.", "Frame numbers count from 1."}},
		},
	}
}

func chinese() *View {
	v := english()
	v.Lang, v.Title, v.Ticket, v.ClassName = Chinese, "抓包取证报告", "工单-镕喆.zip", "中间设备"
	v.Headline, v.Sure = "两端之间的设备伪造了第 7 帧的重置报文；198.51.100.20:443 并没有发送它，因为它的其他报文都以不同的 TTL 到达。", "很强（99.4 %）"
	v.Facts = []Fact{{"工单", "工单-镕喆.zip"}, {"抓包时间", "2026-11-24 02:40:45.999 至 02:40:57.539（UTC）"}}
	v.Labels = Labels{Verdict: "结论", Because: "理由", Next: "下一步", Also: "此外", Evidence: "证据", Filter: "显示过滤器", Verify: "命令行核对",
		Innocent: "无设备参与的其他解释", Against: "反面证据", Open: "局限", Ladder: "报文时序", Wireshark: "Wireshark 会怎样显示", Where: "位置"}
	v.Where = "第 2 或第 3 跳"
	v.Because = []string{"第 7 帧到达时 TTL 为 61，而该主机的其他 3 个报文到达时 TTL 为 52；这个重置报文来自离抓包点更近的地方，所以不可能由该主机发出。"}
	v.Next, v.Also = []string{"同时在服务端抓包。"}, []string{"另有 2 条连接丢包。"}
	e := v.Exhibits[0]
	e.Evidence.Head = []string{"抓包", "帧", "时间", "字段", "实际值", "应为", "角色"}
	e.Evidence.Rows[0][0], e.Evidence.Rows[0][6], e.Evidence.Rows[1][6] = "客户端抓包/东区机房/第一次.pcapng", "伪造", "基准"
	e.Verify = `tshark -r "客户端抓包.pcapng" -Y "ip.addr==192.0.2.10 && ip.addr==198.51.100.20 && tcp.port==51000 && tcp.port==443" -T fields -e frame.number -e frame.time_relative -e ip.src -e ip.ttl -e ip.id -e icmp.type -e icmp.code -e tcp.flags.str -e tcp.seq_raw -e tcp.ack_raw -e tcp.len`
	e.Innocent = []string{"负载均衡代替服务端应答。"}
	e.Place.Title, e.Place.Line.Label = "设备所在位置", "设备：在此范围内"
	v.Sections[1] = Section{Title: "方法", Text: []string{strings.Repeat("每条连接都由抓包重建。", 12)}}
	return v
}

func makePDF(t testing.TB, v *View) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdftotext gives the text of a document as a reader would copy it. It needs poppler-utils, which CI has on Linux.
func pdftotext(t *testing.T, doc []byte, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal("pdftotext is missing: install poppler-utils")
		}
		t.Skip("pdftotext is missing: install poppler-utils to run this test")
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, append(args, "-enc", "UTF-8", path, "-")...).CombinedOutput()
	if err != nil {
		t.Fatalf("pdftotext %q: %v: %s", args, err, out)
	}
	return string(out)
}

// TestPDFGolden compares the text as it is laid out; widths of gaps differ between versions of poppler and do not count.
func TestPDFGolden(t *testing.T) {
	gaps := regexp.MustCompile(`[ \t]+`)
	for name, v := range map[string]*View{"en": english(), "zh": chinese()} {
		t.Run(name, func(t *testing.T) {
			text := pdftotext(t, makePDF(t, v), "-layout")
			var lines []string
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(gaps.ReplaceAllString(line, " ")); line != "" {
					lines = append(lines, line)
				}
			}
			analyzertest.Golden(t, "testdata/pdf_"+name+".golden", []byte(strings.Join(lines, "\n")+"\n"))
		})
	}
}

// TestPDFHoldsTheView looks for every text of the view in the document: nothing is left out, nothing changed.
func TestPDFHoldsTheView(t *testing.T) {
	for name, v := range map[string]*View{"en": english(), "zh": chinese()} {
		t.Run(name, func(t *testing.T) {
			text := squeeze(pdftotext(t, makePDF(t, v), "-raw"))
			for _, s := range texts(reflect.ValueOf(v)) {
				if !strings.Contains(text, squeeze(s)) {
					t.Errorf("%q is not in the document", s)
				}
			}
		})
	}
}

// squeeze drops blanks and line breaks, which wrapping moves.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// texts collects the texts of a view. Typed ones, such as Class, are not words.
func texts(v reflect.Value) (out []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out = texts(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, texts(v.Field(i))...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, texts(v.Index(i))...)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			out = []string{v.String()}
		}
	}
	return out
}

func TestPDFSameBytesEverywhere(t *testing.T) {
	want := makePDF(t, chinese())
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			var b bytes.Buffer
			if err := PDF(&b, chinese()); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Errorf("a second document differs, or failed: %v", err)
			}
		})
	}
	wg.Wait()
}

func TestPDFEmptyView(t *testing.T) {
	for _, v := range []*View{{}, {Exhibits: []*ExhibitView{nil, {}}, Sections: []Section{{}, {Table: &Table{}}, {Table: &Table{Rows: [][]string{nil, {""}}}}}}} {
		if doc := makePDF(t, v); !bytes.HasPrefix(doc, []byte("%PDF-")) {
			t.Errorf("no document for %+v", v)
		}
	}
	if err := PDF(&bytes.Buffer{}, nil); err == nil {
		t.Error("no error for no view")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPDFBrokenPipe(t *testing.T) {
	if err := PDF(brokenPipe{}, english()); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("error %v, want one that says broken pipe", err)
	}
}

// hostile is a view as nobody should make it: texts that were not cleaned, too much of everything, numbers that are none.
func hostileView() *View {
	nasty := "😀\x1b[31m\u202etxt.exe\x00\u2028\xff\n\t" + strings.Repeat("A", 64<<10)
	v := english()
	v.Title, v.Ticket, v.Headline, v.Sure, v.ClassName = nasty, nasty, nasty, nasty, nasty
	v.Facts = append(v.Facts, Fact{nasty, nasty})
	v.Because = []string{nasty, strings.Repeat("报文", 4_000)}
	e := v.Exhibits[0]
	e.Title, e.Summary, e.Filter, e.Verify = nasty, nasty, nasty, nasty
	e.Charts[0].XTicks = append(e.Charts[0].XTicks, Tick{math.NaN(), nasty}, Tick{math.Inf(1), nasty}, Tick{0.1, nasty})
	e.Charts[0].Series = append(e.Charts[0].Series, Series{nasty, Mark(9), []Point{{math.NaN(), 1}, {math.Inf(-1), 60}, {0.2, 1e300}, {0.3, 66}}})
	e.Charts = append(e.Charts, &Chart{}, &Chart{XMin: 1, XMax: 1, YMin: 2, YMax: 2, Series: []Series{{"", Circle, []Point{{1, 2}}}}})
	e.Ladder.Left, e.Ladder.Right = nasty, nasty
	v.Where, e.Place.Title, e.Place.Text, e.Place.Basis, e.Place.Notes, e.Place.Line.Label = nasty, nasty, []string{nasty}, []string{nasty}, []string{nasty}, nasty
	for i := range 300 {
		e.Place.Line.Nodes = append(e.Place.Line.Nodes, WayNode{Mark: nasty, Name: nasty[:i%2], Lines: []string{nasty, nasty}, Hollow: i%3 == 0, Inside: i%7 > 2, Gap: i%5 == 0})
	}
	v.Exhibits[1].Place = &PlaceView{Line: &WayLine{}}
	two := v.Exhibits[1].Ladder
	two.Left, two.Captures, two.Notes = nasty, [2]string{nasty, nasty}, []string{nasty}
	for i := range 200 {
		far := v.Exhibits[1].Ladder
		far.Rows = append(far.Rows, Rung{Time: nasty, Frame: math.MaxUint32, FarTime: nasty, FarFrame: math.MaxUint32, Recut: true, FromLeft: i%2 == 0, Reach: Reach(i % 3), Cut: i%5 == 0, Mark: nasty, Below: nasty,
			Label: nasty, Role: analyzer.Modified, RoleName: nasty})
		e.Ladder.Rows = append(e.Ladder.Rows, Rung{Time: nasty, Frame: math.MaxUint32, FromLeft: i%2 == 0, Label: nasty, Role: analyzer.Forged, RoleName: nasty})
	}
	tall := &Table{Head: []string{"a", nasty}, Rows: [][]string{{nasty, nasty, "more than the head has"}, {}, {strings.Repeat("many words ", 500)}}}
	long := &Table{Head: []string{"n"}, More: "and so on"}
	for i := range 10_000 {
		long.Rows = append(long.Rows, []string{"row" + strconv.Itoa(i)})
	}
	wide := &Table{Head: make([]string, 60), Rows: [][]string{strings.Fields(strings.Repeat("cell ", 60))}}
	v.Sections = append(v.Sections, Section{nasty, []string{nasty}, tall, nil}, Section{"long", nil, long, nil}, Section{"wide", nil, wide, nil})
	return v
}

func TestPDFHostile(t *testing.T) {
	doc := makePDF(t, hostileView())
	if len(doc) > 3<<20 {
		t.Errorf("the document has %d bytes", len(doc))
	}
	text := pdftotext(t, doc, "-raw")
	for _, want := range []string{"[U+1F600]", "[U+001B][31m", "[U+202E]", "[U+0000]", "row0", "row1999", "+8000", "and so on"} {
		if !strings.Contains(squeeze(text), squeeze(want)) {
			t.Errorf("%q is not in the document", want)
		}
	}
	if strings.Contains(text, "row2000") {
		t.Error("a table has more rows than it may")
	}
	for _, r := range text {
		if hostile(r) && !strings.ContainsRune("\n\f\r", r) {
			t.Fatalf("%U is in the document", r)
		}
	}
}

// TestPDFStaysOnThePage asks poppler for the place of every word.
func TestPDFStaysOnThePage(t *testing.T) {
	word := regexp.MustCompile(`<word xMin="([^"]+)" yMin="([^"]+)" xMax="([^"]+)" yMax="([^"]+)">(.*)</word>`)
	for name, v := range map[string]*View{"en": english(), "zh": chinese(), "hostile": hostileView()} {
		t.Run(name, func(t *testing.T) {
			found := word.FindAllStringSubmatch(pdftotext(t, makePDF(t, v), "-bbox"), -1)
			if len(found) < 50 {
				t.Fatalf("only %d words found", len(found))
			}
			for _, m := range found {
				var box [4]float64
				for i := range box {
					box[i], _ = strconv.ParseFloat(m[i+1], 64)
					box[i] *= pt
				}
				if box[0] < marginSide-1 || box[2] > pageWidth-marginSide+1 || box[1] < marginTop-5 || box[3] > pageHeight-8 {
					t.Fatalf("%.40q stands at %s, off the page", m[5], fmt.Sprintf("%.1f", box))
				}
			}
		})
	}
}

func BenchmarkPDF(b *testing.B) {
	v := chinese()
	for b.Loop() {
		makePDF(b, v)
	}
}
