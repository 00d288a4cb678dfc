package capture

import (
	"encoding/binary"
	"testing"
)

// snoopFile builds a snoop capture with packets of the given lengths, a second apart, each padded to four bytes.
func snoopFile(link uint32, lengths ...int) []byte {
	be := binary.BigEndian
	b := append([]byte("snoop\x00\x00\x00"), 0, 0, 0, 2)
	b = be.AppendUint32(b, link)
	for i, n := range lengths {
		pad := -n & 3
		for _, v := range []int{n + 1, n, 24 + n + pad, i * 10, 1000 + i, 5} {
			b = be.AppendUint32(b, uint32(v))
		}
		b = append(b, make([]byte, n+pad)...)
	}
	return b
}

func TestSnoop(t *testing.T) {
	b := snoopFile(4, 3, 0, 5)
	got, r, err := read(t, b)
	if err != nil || len(got) != 3 || Sniff(b) != "snoop" || r.Info().Format != "snoop" {
		t.Fatalf("%d records, %q, error %v", len(got), r.Info().Format, err)
	}
	if want := "3 t=1002000005000 link=1 cap=5 orig=6 0000000000"; got[2] != want {
		t.Errorf("got %s, want %s", got[2], want)
	}
	if n := r.Info().Drops(); n != 20 || r.Record().Dropped != 10 {
		t.Errorf("lost frames: %d in all and %d before the last, want 20 and 10", n, r.Record().Dropped)
	}
	if got, _, _ := read(t, snoopFile(8, 3)); got[0] != "1 t=1000000005000 link=10 cap=3 orig=4 000000" {
		t.Errorf("FDDI: %s", got[0])
	}
	if _, r, _ := read(t, snoopFile(99, 3)); r.Info().Interfaces[0].Link != LinkUnknown {
		t.Errorf("an unknown link type is taken for %d", r.Info().Interfaces[0].Link)
	}
}

// TestSnoopLengths breaks the record length: of header and data, and of too much.
func TestSnoopLengths(t *testing.T) {
	for _, c := range []struct {
		name   string
		length uint32
		fails  bool
	}{
		{"none", 0, true}, {"header alone", 24, true}, {"one less", 27, true}, {"exact", 28, false}, {"padded", 32, false}, {"endless", 1 << 30, true},
	} {
		b := snoopFile(4, 4)
		binary.BigEndian.PutUint32(b[24:], c.length)
		b = append(b, make([]byte, 4)...)
		if c.length < 32 {
			b = b[:16+28]
		}
		if got, _, err := read(t, b); (err != nil) != c.fails || !c.fails && len(got) != 1 {
			t.Errorf("%s: %d records, error %v, want a failure: %t", c.name, len(got), err, c.fails)
		}
	}
	b := snoopFile(4, 4)
	binary.BigEndian.PutUint32(b[20:], MaxRecord+1)
	if _, _, err := read(t, b); err == nil {
		t.Error("a frame longer than any is believed")
	}
	b = snoopFile(4)
	b[11] = 3
	if _, err := NewReader(source(b)); err == nil {
		t.Error("version 3 is read")
	}
}
