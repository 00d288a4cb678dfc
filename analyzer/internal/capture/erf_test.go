package capture

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// erfRecord builds a record of a type; the frame is padded to eight bytes.
func erfRecord(seconds uint32, typ byte, ext int, frame string) []byte {
	be := binary.BigEndian
	b := make([]byte, 16)
	binary.LittleEndian.PutUint64(b, uint64(seconds)<<32|1<<31)
	b[8], b[9] = typ, 4
	be.PutUint16(b[14:], uint16(len(frame)))
	if ext > 0 {
		b[8] |= 0x80
	}
	for i := range ext {
		e := make([]byte, 8)
		if i < ext-1 {
			e[0] = 0x80
		}
		b = append(b, e...)
	}
	if typ == 2 {
		b = append(b, 0, 0)
	}
	b = append(b, frame...)
	b = append(b, make([]byte, -len(b)&7)...)
	be.PutUint16(b[10:], uint16(len(b)))
	return b
}

func TestERF(t *testing.T) {
	frame := strings.Repeat("x", 20)
	var file []byte
	for _, r := range [][]byte{erfRecord(1_700_000_000, 2, 0, frame), erfRecord(0, 48, 0, ""), erfRecord(1_700_000_001, 2, 2, frame), erfRecord(1_700_000_002, 22, 0, frame)} {
		file = append(file, r...)
	}
	got, r, err := read(t, file)
	if err != nil || len(got) != 3 || Sniff(file) != "ERF" || r.Info().Format != "ERF" {
		t.Fatalf("%d records, %q, error %v", len(got), r.Info().Format, err)
	}
	for i, want := range []string{"1 t=1700000000500000000 link=197 cap=38 orig=38 ", "2 t=1700000001500000000 link=197 cap=54 orig=54 ", "3 t=1700000002500000000 link=197 cap=36 orig=36 "} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("got %s, want %s", got[i], want)
		}
	}
	if one := erfRecord(1_700_000_000, 2, 0, frame); Sniff(one) != "ERF" {
		t.Error("a file of one record is not recognised")
	}
}

// TestNotERF: the format has no mark, and must not be seen where it is not.
func TestNotERF(t *testing.T) {
	frame := strings.Repeat("x", 20)
	change := func(at int, v byte) []byte {
		b := erfRecord(1_700_000_000, 2, 0, frame)
		b[at] = v
		return append(b, erfRecord(1_700_000_001, 2, 0, frame)...)
	}
	for name, b := range map[string][]byte{
		"zeros":             make([]byte, 4096),
		"text":              []byte(strings.Repeat("a line of text\n", 300)),
		"unknown type":      change(8, 47),
		"flags of nobody":   change(9, 0xc4),
		"no length":         change(11, 0),
		"another century":   change(7, 0x7f),
		"followed by more":  append(erfRecord(1_700_000_000, 2, 0, frame), "something else than a record"...),
		"padding only":      erfRecord(0, 48, 0, ""),
		"hours in between":  append(erfRecord(1_700_000_000, 2, 0, frame), erfRecord(1_700_100_000, 2, 0, frame)...),
		"backwards by days": append(erfRecord(1_700_000_000, 2, 0, frame), erfRecord(1_690_000_000, 2, 0, frame)...),
	} {
		if got := Sniff(b); got != "" {
			t.Errorf("%s is taken for %s", name, got)
		}
	}
}

func TestERFBroken(t *testing.T) {
	frame := strings.Repeat("x", 20)
	good := append(append(erfRecord(1_700_000_000, 2, 0, frame), erfRecord(1_700_000_000, 2, 0, frame)...), erfRecord(1_700_000_000, 2, 0, frame)...)
	if got, _, err := read(t, good[:len(good)-1]); err == nil || len(got) != 2 {
		t.Errorf("cut by a byte: %d records, error %v", len(got), err)
	}
	bad := bytes.Repeat(good, 1+HeadLen/len(good)) // or it would not be taken for one at all
	n := len(bad) / len(good) * 3
	bad = append(bad, make([]byte, 16)...)
	if got, _, err := read(t, bad); err == nil || len(got) != n {
		t.Errorf("a record of length nothing: %d records, error %v", len(got), err)
	}
}
