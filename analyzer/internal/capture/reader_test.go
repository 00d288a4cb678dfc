package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"time"
)

func source(b []byte) Source { return bufio.NewReaderSize(bytes.NewReader(b), 1<<20) }

type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// pcapFile builds a classic capture with packets of the given lengths, a second apart.
func pcapFile(o order, magic uint32, extra int, lengths ...int) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = o.AppendUint32(b, 65535)
	b = o.AppendUint32(b, 1)
	for i, n := range lengths {
		b = o.AppendUint32(b, uint32(1000+i))
		b = o.AppendUint32(b, 5)
		b = o.AppendUint32(b, uint32(n))
		b = o.AppendUint32(b, uint32(n))
		b = append(b, make([]byte, extra)...)
		b = append(b, bytes.Repeat([]byte{byte(i)}, n)...)
	}
	return b
}

// block builds a pcapng block.
func block(o order, typ uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b := o.AppendUint32(nil, typ)
	b = o.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)
	return o.AppendUint32(b, uint32(len(body)+12))
}

func option(o order, code uint16, v []byte) []byte {
	b := o.AppendUint16(nil, code)
	b = o.AppendUint16(b, uint16(len(v)))
	b = append(b, v...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func section(o order) []byte {
	b := o.AppendUint32(nil, byteOrderMagic)
	b = o.AppendUint16(b, 1)
	b = o.AppendUint16(b, 0)
	return block(o, blockSection, o.AppendUint64(b, 1<<64-1))
}

func describe(o order, link uint16, options ...[]byte) []byte {
	b := o.AppendUint16(nil, link)
	b = append(b, 0, 0)
	b = o.AppendUint32(b, 65535)
	return block(o, blockInterface, append(b, bytes.Join(options, nil)...))
}

func enhanced(o order, iface uint32, ticks uint64, data []byte, options ...[]byte) []byte {
	b := o.AppendUint32(nil, iface)
	b = o.AppendUint32(b, uint32(ticks>>32))
	b = o.AppendUint32(b, uint32(ticks))
	b = o.AppendUint32(b, uint32(len(data)))
	b = o.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return block(o, blockEnhanced, append(b, bytes.Join(options, nil)...))
}

// read gives a line for each record, and the error.
func read(t testing.TB, b []byte) ([]string, *Reader, error) {
	t.Helper()
	r, err := NewReader(source(b))
	if err != nil {
		return nil, nil, err
	}
	var out []string
	for r.Next() {
		c := r.Record()
		out = append(out, fmt.Sprintf("%d t=%d link=%d cap=%d orig=%d %x", c.Frame, c.Time, c.Link, c.CapLen, c.OrigLen, c.Data))
	}
	return out, r, r.Err()
}

func TestMagics(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     order
		magic uint32
		extra int
		nanos int64
	}{
		{"pcap", binary.LittleEndian, 0xa1b2c3d4, 0, 5000},
		{"pcap", binary.BigEndian, 0xa1b2c3d4, 0, 5000},
		{"pcap (nanoseconds)", binary.LittleEndian, 0xa1b23c4d, 0, 5},
		{"pcap (nanoseconds)", binary.BigEndian, 0xa1b23c4d, 0, 5},
		{"pcap (modified)", binary.LittleEndian, 0xa1b2cd34, 8, 5000},
		{"pcap (modified)", binary.BigEndian, 0xa1b2cd34, 8, 5000},
	} {
		b := pcapFile(c.o, c.magic, c.extra, 3, 0, 5)
		got, r, err := read(t, b)
		if err != nil || len(got) != 3 || r.Info().Format != c.name || Sniff(b) != c.name {
			t.Errorf("%s %v: %d records, format %q, error %v", c.name, c.o, len(got), r.Info().Format, err)
			continue
		}
		if want := fmt.Sprintf("3 t=%d link=1 cap=5 orig=5 0202020202", 1002*int64(1e9)+c.nanos); got[2] != want {
			t.Errorf("%s %v: got %s, want %s", c.name, c.o, got[2], want)
		}
	}
}

func TestPcapOddities(t *testing.T) {
	le := binary.LittleEndian
	with := func(at int, v uint32) []byte {
		b := pcapFile(le, 0xa1b2c3d4, 0, 4, 4)
		le.PutUint32(b[at:], v)
		return b
	}
	for _, c := range []struct {
		name    string
		in      []byte
		records int
		fails   bool
	}{
		{"captured length above the snap length", with(16, 2), 2, false},
		{"snap length zero", with(16, 0), 2, false},
		{"captured length above the original", with(36, 1), 2, false},
		{"more than a second of microseconds", with(28, 5_000_000), 2, false},
		{"impossible length", with(32, 0x7fffffff), 0, true},
		{"no packets", pcapFile(le, 0xa1b2c3d4, 0), 0, false},
	} {
		got, _, err := read(t, c.in)
		if len(got) != c.records || (err != nil) != c.fails {
			t.Errorf("%s: %d records, error %v: want %d, fails %t", c.name, len(got), err, c.records, c.fails)
		}
	}
	got, _, _ := read(t, with(28, 5_000_000))
	if want := "1 t=1005000000000 link=1 cap=4 orig=4 00000000"; got[0] != want {
		t.Errorf("got %s, want %s", got[0], want)
	}
}

func TestNoCapture(t *testing.T) {
	for _, in := range []string{"", "abc", "this is no capture at all, just text", "\x0a\x0d\x0d\x0a\x00\x00\x00\x1c????"} {
		if _, err := NewReader(source([]byte(in))); err == nil {
			t.Errorf("%q was taken for a capture", in)
		} else if f := (*FormatError)(nil); !errors.As(err, &f) {
			t.Errorf("%q: %v is no FormatError", in, err)
		}
	}
}

// TestTruncation cuts both formats at every byte: the whole records before the cut are read, and the cut is told unless it falls
// between two records.
func TestTruncation(t *testing.T) {
	le := binary.LittleEndian
	first := append(section(le), describe(le, 1)...)
	one := enhanced(le, 0, 1e15, []byte("abcd"))
	for _, c := range []struct {
		name  string
		whole []byte
		ends  []int
	}{
		{"pcap", pcapFile(le, 0xa1b2c3d4, 0, 4, 4), []int{24, 44, 64}},
		{"pcapng", bytes.Join([][]byte{first, one, one}, nil), []int{28, len(first), len(first) + len(one), len(first) + 2*len(one)}},
	} {
		for n := 28; n <= len(c.whole); n++ {
			got, _, err := read(t, c.whole[:n])
			between, want := false, 0
			for i, e := range c.ends {
				between = between || e == n
				if e <= n && i > 0 && (c.name == "pcap" || i > 1) {
					want++
				}
			}
			var fault *Error
			told := errors.As(err, &fault) && fault.Truncated
			if len(got) != want || told == between {
				t.Errorf("%s cut at %d: %d records, error %v: want %d, told %t", c.name, n, len(got), err, want, !between)
			}
		}
	}
}

func TestPcapng(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		comment := option(o, 1, []byte("look here"))
		drops := option(o, 4, o.AppendUint64(nil, 7))
		stats := o.AppendUint32(nil, 1)
		stats = append(stats, make([]byte, 8)...)
		stats = append(stats, option(o, 5, o.AppendUint64(nil, 3))...)
		stats = append(stats, option(o, 7, o.AppendUint64(nil, 2))...)
		old := o.AppendUint16(nil, 1)
		old = o.AppendUint16(old, 9)
		old = o.AppendUint32(old, 0)
		old = o.AppendUint32(old, 2048)
		old = o.AppendUint32(old, 2)
		old = o.AppendUint32(old, 60)
		file := bytes.Join([][]byte{
			section(o),
			describe(o, 1),
			describe(o, 113, option(o, 9, []byte{0x8a}), option(o, 14, o.AppendUint64(nil, 100)), option(o, 2, []byte("eth0"))),
			block(o, 0x77777777, []byte("unknown!")),
			enhanced(o, 0, 1_000_001, []byte("ab"), comment, drops),
			enhanced(o, 1, 1024, []byte("cde")),
			block(o, blockSimple, append(o.AppendUint32(nil, 3), 'x', 'y', 'z')),
			block(o, blockPacketOld, append(old, 'p', 'q')),
			block(o, blockNames, append(option(o, 1, []byte{1, 2, 3, 4, 'h', 0}), 0, 0, 0, 0)),
			block(o, blockSecrets, make([]byte, 12)),
			enhanced(o, 9, 0, []byte("no such interface")),
			block(o, blockStatistics, stats),
			block(o, blockCustom, make([]byte, 8)),
		}, nil)
		got, r, err := read(t, file)
		want := []string{
			"1 t=1000001000 link=1 cap=2 orig=2 6162",
			"2 t=101000000000 link=113 cap=3 orig=3 636465",
			"3 t=0 link=1 cap=3 orig=3 78797a",
			"4 t=102000000000 link=113 cap=2 orig=60 7071",
			"5 t=0 link=65535 cap=0 orig=0 ",
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: error %v, got\n%q\nwant\n%q", o, err, got, want)
		}
		i := r.Info()
		if i.Comments != 1 || i.Drops() != 5 || i.Names != 1 || i.Secrets != 1 || i.Custom != 1 || i.Unknown != 1 || i.BadPackets != 1 || i.Interfaces[1].Name != "eth0" {
			t.Errorf("%v: info %+v", o, i)
		}
	}
}

func TestSectionsOfBothByteOrders(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	file := bytes.Join([][]byte{section(le), describe(le, 1), enhanced(le, 0, 1, []byte("a")), section(be), describe(be, 101), enhanced(be, 0, 2, []byte("b"))}, nil)
	got, r, err := read(t, file)
	if err != nil || len(got) != 2 || got[1] != "2 t=2000 link=101 cap=1 orig=1 62" || r.Info().Sections != 2 {
		t.Errorf("got %q, %d sections, error %v", got, r.Info().Sections, err)
	}
}

func TestResolution(t *testing.T) {
	for _, c := range []struct {
		tsresol uint8
		offset  int64
		ticks   uint64
		want    int64
	}{
		{6, 0, 1_500_000, 1_500_000_000},
		{9, 0, 1_500_000_000, 1_500_000_000},
		{0, 0, 7, 7_000_000_000},
		{12, 0, 1_500_000_000_000, 1_500_000_000},
		{3, 0, 1500, 1_500_000_000},
		{0x80 | 20, 0, 1<<20 + 1<<19, 1_500_000_000},
		{0x80 | 30, 0, 1 << 29, 500_000_000},
		{0x80 | 64, 0, 1 << 63, 500_000_000},
		{0x80 | 127, 0, 1<<64 - 1, 0},
		{127, 0, 1<<64 - 1, 0},
		{28, 0, 1<<64 - 1, 1},
		{0, 0, 1<<64 - 1, 1<<63 - 1},
		{6, -5, 10_000_000, 5_000_000_000},
		{6, 1<<63 - 1, 1, 1<<63 - 1},
		{6, -1 << 63, 1, -1 << 63},
	} {
		r := resolutionOf(c.tsresol)
		r.offset = c.offset
		if got := r.nanos(c.ticks); got != c.want {
			t.Errorf("resolution %#x, offset %d, %d ticks: %d ns, want %d", c.tsresol, c.offset, c.ticks, got, c.want)
		}
	}
}

// TestPaddingLeftOutOfLengths reads length fields that leave the padding out, as in samples of the ntar library.
func TestPaddingLeftOutOfLengths(t *testing.T) {
	le := binary.LittleEndian
	b := append(section(le), describe(le, 1)...)
	p := enhanced(le, 0, 1, []byte("abcde"))
	le.PutUint32(p[4:], uint32(len(p)-3))
	le.PutUint32(p[len(p)-4:], uint32(len(p)-3))
	b = append(append(b, p...), enhanced(le, 0, 2, []byte("next"))...)
	got, _, err := read(t, b)
	if err != nil || len(got) != 2 {
		t.Errorf("read %q, %v: want two packets", got, err)
	}
}

func TestBrokenBlocksEndTheFile(t *testing.T) {
	le := binary.LittleEndian
	head := append(section(le), describe(le, 1)...)
	for _, length := range []uint32{0, 4, 8, 11, 13, 0xfffffff0, 17 << 20} {
		b := le.AppendUint32(append([]byte(nil), head...), 6)
		b = le.AppendUint32(b, length)
		b = append(b, make([]byte, 64)...)
		if _, _, err := read(t, b); err == nil {
			t.Errorf("block length %d: no error", length)
		}
	}
	wrong := append(append([]byte(nil), head...), enhanced(le, 0, 1, []byte("abcd"))...)
	wrong[len(wrong)-4]++
	if _, _, err := read(t, wrong); err == nil {
		t.Error("two different lengths of a block: no error")
	}
}

func TestAgainstPcapgo(t *testing.T) {
	var plain, ng bytes.Buffer
	w := pcapgo.NewWriterNanos(&plain)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	n, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		data := bytes.Repeat([]byte{byte(i)}, i*7)
		ci := gopacket.CaptureInfo{Timestamp: time.Unix(1700000000+int64(i), int64(i)*1001), CaptureLength: len(data), Length: len(data) + i}
		if err := errors.Join(w.WritePacket(ci, data), n.WritePacket(ci, data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Flush(); err != nil {
		t.Fatal(err)
	}
	a, _, errA := read(t, plain.Bytes())
	b, _, errB := read(t, ng.Bytes())
	if errA != nil || errB != nil || len(a) != 50 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the same packets as pcap (%d, %v) and as pcapng (%d, %v) differ", len(a), errA, len(b), errB)
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	le := binary.LittleEndian
	ng := append(section(le), describe(le, 1)...)
	for range 3000 {
		ng = append(ng, enhanced(le, 0, 1e15, make([]byte, 90))...)
	}
	for name, file := range map[string][]byte{"pcap": pcapFile(le, 0xa1b2c3d4, 0, make([]int, 3000)...), "pcapng": ng} {
		r, err := NewReader(source(file))
		if err != nil {
			t.Fatal(err)
		}
		r.Next()
		if n := testing.AllocsPerRun(2000, func() { r.Next() }); n != 0 {
			t.Errorf("%s: %v allocations for each record, want none", name, n)
		}
	}
}

// FuzzReader reads arbitrary bytes in two ways, which must agree: whole, and a byte at a time.
func FuzzReader(f *testing.F) {
	le, be := binary.LittleEndian, binary.BigEndian
	f.Add(pcapFile(le, 0xa1b2c3d4, 0, 4, 60))
	f.Add(pcapFile(be, 0xa1b2cd34, 8, 4))
	f.Add(bytes.Join([][]byte{section(le), describe(le, 1, option(le, 9, []byte{0x8a})), enhanced(le, 0, 1, []byte("ab"), option(le, 1, []byte("c")))}, nil))
	f.Add(bytes.Join([][]byte{section(be), describe(be, 113), block(be, blockSimple, []byte{0, 0, 0, 1, 'x'}), block(be, blockStatistics, make([]byte, 16))}, nil))
	f.Add(snoopFile(4, 60, 3))
	f.Add([]byte(tcpdumpX + fortigate))
	f.Add(netmonFile(1, 1, 1, netmonEntry{1, 1, "abc"}, netmonEntry{1, 2, "def"}))
	f.Add(netmonFile(2, 3, 1, netmonEntry{1, 1, "abc"}, netmonEntry{0xfffe, 2, "def"}))
	f.Add(append(erfRecord(1_700_000_000, 2, 1, "01234567890123456789"), erfRecord(1_700_000_000, 48, 0, "")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, _, errA := read(t, b)
		r, err := NewReader(bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(b)), 1<<20))
		if (err != nil) != (errA != nil && whole == nil && r == nil) {
			return // told apart by the header alone; the same bytes, so the same answer
		}
		if err != nil {
			return
		}
		n := 0
		for r.Next() {
			n++
		}
		if n != len(whole) || (r.Err() == nil) != (errA == nil) {
			t.Errorf("whole: %d records, %v; byte by byte: %d, %v", len(whole), errA, n, r.Err())
		}
	})
}

func BenchmarkNext(b *testing.B) {
	for _, size := range []int{60, 1514} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			lengths := make([]int, 10000)
			for i := range lengths {
				lengths[i] = size
			}
			file := pcapFile(binary.LittleEndian, 0xa1b2c3d4, 0, lengths...)
			in := bytes.NewReader(file)
			buf := bufio.NewReaderSize(in, 1<<20)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				in.Seek(0, io.SeekStart)
				buf.Reset(in)
				r, err := NewReader(buf)
				if err != nil {
					b.Fatal(err)
				}
				for r.Next() {
					n++
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
		})
	}
}
