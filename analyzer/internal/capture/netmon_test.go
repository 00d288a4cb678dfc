package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// netmonEntry is a record of a Network Monitor capture.
type netmonEntry struct {
	network uint16
	ticks   uint64
	data    string
}

// netmonFile builds a capture that starts on 2020-01-02 03:04:05.006, with comments between its frames and its frame table.
func netmonFile(major, minor byte, network uint16, entries ...netmonEntry) []byte {
	le := binary.LittleEndian
	b := make([]byte, 128)
	copy(b, "GMBU")
	if major == 1 {
		copy(b, "RTSS")
	}
	b[4], b[5] = minor, major
	le.PutUint16(b[6:], network)
	for i, v := range []uint16{2020, 1, 4, 2, 3, 4, 5, 6} {
		le.PutUint16(b[8+2*i:], v)
	}
	var table []byte
	for i, e := range entries {
		if i == 1 { // a section in between
			le.PutUint32(b[40:], uint32(len(b)))
			le.PutUint32(b[44:], 8)
			b = append(b, "comments"...)
		}
		table = le.AppendUint32(table, uint32(len(b)))
		if major == 1 {
			b = le.AppendUint32(b, uint32(e.ticks))
			b = le.AppendUint16(b, uint16(len(e.data)+1))
			b = le.AppendUint16(b, uint16(len(e.data)))
		} else {
			b = le.AppendUint64(b, e.ticks)
			b = le.AppendUint32(b, uint32(len(e.data)+1))
			b = le.AppendUint32(b, uint32(len(e.data)))
		}
		b = append(b, e.data...)
		if major == 2 && minor >= 1 {
			b = le.AppendUint16(b, e.network)
		}
		if major == 2 && minor >= 2 {
			b = append(b, 0, 0, 0, 0)
		}
		if major == 2 && minor >= 3 {
			b = le.AppendUint64(b, 116444736000000000+e.ticks*10)
			b = append(b, 0)
		}
	}
	le.PutUint32(b[24:], uint32(len(b)))
	le.PutUint32(b[28:], uint32(len(table)))
	return append(b, table...)
}

func TestNetMon(t *testing.T) {
	two := []netmonEntry{{1, 1000, "abc"}, {1, 2000, "de"}}
	for _, c := range []struct {
		name    string
		in      []byte
		format  string
		want    string
		local   bool
		skipped uint64
	}{
		{"1.1", netmonFile(1, 1, 1, two...), "Network Monitor 1", "1 t=1577934246006000000 link=1 cap=3 orig=4 616263; 2 t=1577934247006000000 link=1 cap=2 orig=3 6465", true, 0},
		{"2.0", netmonFile(2, 0, 2, two...), "Network Monitor 2", "1 t=1577934245007000000 link=6 cap=3 orig=4 616263; 2 t=1577934245008000000 link=6 cap=2 orig=3 6465", true, 0},
		{"2.1", netmonFile(2, 1, 1, netmonEntry{3, 0, "a"}, netmonEntry{9, 0, "b"}), "Network Monitor 2", "1 t=1577934245006000000 link=10 cap=1 orig=2 61; 2 t=1577934245006000000 link=101 cap=1 orig=2 62", true, 0},
		{"2.2", netmonFile(2, 2, 1, netmonEntry{0xe071, 0, "a"}, netmonEntry{0, 0, "b"}), "Network Monitor 2", "1 t=1577934245006000000 link=113 cap=1 orig=2 61; 2 t=1577934245006000000 link=1 cap=1 orig=2 62", true, 0},
		{"2.3", netmonFile(2, 3, 1, two...), "Network Monitor 2", "1 t=1000000 link=1 cap=3 orig=4 616263; 2 t=2000000 link=1 cap=2 orig=3 6465", false, 0},
		{"what is no packet", netmonFile(2, 3, 1, netmonEntry{0xffe0, 0, "event"}, netmonEntry{0xfffe, 0, "names"}, netmonEntry{1, 0, "x"}), "Network Monitor 2",
			"1 t=0 link=65535 cap=5 orig=6 6576656e74; 2 t=0 link=1 cap=1 orig=2 78", false, 1},
		{"Wi-Fi", netmonFile(2, 1, 6, netmonEntry{6, 0, "\x02\x05\x00xxDATA"}), "Network Monitor 2", "1 t=1577934245006000000 link=105 cap=4 orig=5 44415441", true, 0},
		{"Wi-Fi with a header beyond the frame", netmonFile(2, 1, 6, netmonEntry{6, 0, "\x02\x50\x00xx"}), "Network Monitor 2", "1 t=1577934245006000000 link=65534 cap=5 orig=6 0250007878", true, 0},
		{"no frames", netmonFile(2, 1, 1), "Network Monitor 2", "", true, 0},
	} {
		got, r, err := read(t, c.in)
		if have := strings.Join(got, "; "); err != nil || have != c.want || r.Info().Format != c.format || r.Info().LocalTime != c.local || r.Info().Custom != c.skipped {
			t.Errorf("%s: %s %q local %t, passed %d, error %v; want %s", c.name, r.Info().Format, have, r.Info().LocalTime, r.Info().Custom, err, c.want)
		}
	}
}

// TestNetMonBroken: the frame table is at the end, so that a cut file has none, and what stands in the place of frames is no frame.
func TestNetMonBroken(t *testing.T) {
	whole := netmonFile(2, 3, 1, netmonEntry{1, 1, "abc"}, netmonEntry{1, 2, "def"})
	frames := len(whole) - 8
	for n := range frames {
		got, _, err := read2(whole[:n])
		if err == nil {
			t.Errorf("cut to %d of %d bytes: %d records and no error", n, len(whole), got)
		}
	}
	if got, _, err := read(t, whole[:frames]); err != nil || len(got) != 2 {
		t.Errorf("without its frame table: %d records, error %v", len(got), err)
	}
	b := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(b[128+12:], 1<<30)
	if _, _, err := read(t, b); err == nil {
		t.Error("a frame longer than any is believed")
	}
	b = bytes.Clone(whole)
	b[5] = 9
	if _, err := NewReader(source(b)); err == nil || errors.As(err, new(*Error)) {
		t.Errorf("version 9: %v", err)
	}
	b = bytes.Clone(whole)
	binary.LittleEndian.PutUint32(b[28:], 4000) // more frames than there are
	if got, _, err := read(t, b); err == nil || len(got) != 2 {
		t.Errorf("a frame table of 1000 frames: %d records, error %v", len(got), err)
	}
}

// read2 is read for files that may be no capture at all.
func read2(b []byte) (int, *Reader, error) {
	r, err := NewReader(source(b))
	if err != nil {
		return 0, nil, err
	}
	n := 0
	for r.Next() {
		n++
	}
	return n, r, r.Err()
}
