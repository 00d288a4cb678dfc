package container

import (
	"encoding/binary"
	"strings"
	"testing"
)

// storage is a folder of a compound file to be written; a stream has no inner.
type storage struct {
	name  string
	data  string
	inner []storage
}

// compoundOf writes a compound file of version 3: MS-CFB. Sectors are of 512 bytes, those of streams below 4096 of 64.
//
//	header | directory ... | short sectors ... | their FAT ... | streams ... | FAT ...
func compoundOf(root ...storage) string {
	const sector, short, cutoff, end, free = 512, 64, 4096, 0xfffffffe, 0xffffffff
	le := binary.LittleEndian
	type entry struct {
		storage
		kind         byte
		child, right uint32
		start        uint32
	}
	entries := []*entry{{storage: storage{name: "Root Entry"}, kind: 5, child: free, right: free}}
	var add func(parent int, all []storage)
	add = func(parent int, all []storage) {
		last := -1
		for _, s := range all {
			e := &entry{storage: s, kind: 2, child: free, right: free}
			at := len(entries)
			entries = append(entries, e)
			if last < 0 {
				entries[parent].child = uint32(at)
			} else {
				entries[last].right = uint32(at)
			}
			last = at
			if s.inner != nil {
				e.kind = 1
				add(at, s.inner)
			}
		}
	}
	add(0, root)

	var fat, miniFAT []uint32
	chain := func(fat *[]uint32, n int) uint32 {
		if n == 0 {
			return end
		}
		start := len(*fat)
		for i := range n {
			*fat = append(*fat, uint32(start+i+1))
		}
		(*fat)[len(*fat)-1] = end
		return uint32(start)
	}
	pad := func(s string, n int) string { return s + strings.Repeat("\x00", (n-len(s)%n)%n) }
	var mini, large string
	for _, e := range entries {
		if e.kind == 2 && len(e.data) < cutoff {
			padded := pad(e.data, short)
			e.start = chain(&miniFAT, len(padded)/short)
			mini += padded
		}
	}
	mini = pad(mini, sector)
	directory := chain(&fat, (len(entries)+3)/4)
	entries[0].start = chain(&fat, len(mini)/sector)
	for len(miniFAT)%128 != 0 {
		miniFAT = append(miniFAT, free)
	}
	miniStart := chain(&fat, len(miniFAT)/128)
	for _, e := range entries {
		if e.kind == 2 && len(e.data) >= cutoff {
			padded := pad(e.data, sector)
			e.start = chain(&fat, len(padded)/sector)
			large += padded
		}
	}
	sectors := 0
	first := len(fat)
	for 128*sectors < len(fat)+sectors {
		sectors++
	}
	for range sectors {
		fat = append(fat, 0xfffffffd)
	}
	for len(fat)%128 != 0 {
		fat = append(fat, free)
	}

	h := []byte(compoundMagic + strings.Repeat("\x00", 16))
	for _, n := range []uint16{0x3e, 3, 0xfffe, 9, 6, 0, 0, 0} {
		h = le.AppendUint16(h, n)
	}
	for _, n := range []uint32{0, uint32(sectors), directory, 0, cutoff, miniStart, uint32(len(miniFAT) / 128), end, 0} {
		h = le.AppendUint32(h, n)
	}
	for i := range 109 {
		n := uint32(free)
		if i < sectors {
			n = uint32(first + i)
		}
		h = le.AppendUint32(h, n)
	}
	var d []byte
	for i, e := range entries {
		name := utf16Text(e.name)
		d = append(d, name+strings.Repeat("\x00", 64-len(name))...)
		d = append(le.AppendUint16(d, uint16(len(name)+2)), e.kind, 1)
		d = le.AppendUint32(le.AppendUint32(le.AppendUint32(d, free), e.right), e.child)
		d = append(d, make([]byte, 36)...)
		size := len(e.data)
		if i == 0 {
			size = len(mini)
		}
		d = le.AppendUint64(le.AppendUint32(d, e.start), uint64(size))
	}
	for len(d)%sector != 0 {
		d = append(d, make([]byte, 68)...)
		d = append(d, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"...)
		d = append(d, make([]byte, 48)...)
	}
	var tables []byte
	for _, n := range miniFAT {
		tables = le.AppendUint32(tables, n)
	}
	var last []byte
	for _, n := range fat {
		last = le.AppendUint32(last, n)
	}
	return string(h) + string(d) + mini + string(tables) + large + string(last)
}

func attachment(number, name, data string) storage {
	return storage{name: msgAttachment + number, inner: []storage{
		{name: msgProperties, data: "p"}, {name: msgLongName, data: name}, {name: msgShortName, data: utf16Text("SHORT~1.PCA")}, {name: msgData, data: data}}}
}

func TestMsg(t *testing.T) {
	chinese := "\x93\x62\x05\x53.\x00p\x00c\x00a\x00p\x00\x00\x00" // 抓包.pcap
	z := zipOf(t, file{"a.pcap", noise(9000)})
	properties := storage{name: msgProperties, data: "properties"}
	forwarded := storage{name: msgAttachment + "00000002", inner: []storage{{name: msgProperties, data: "p"},
		{name: "__substg1.0_3701000D", inner: []storage{properties, {name: msgBody, data: utf16Text("forwarded")}, attachment("00000000", utf16Text("c.pcap"), "three")}}}}
	whole := compoundOf(properties, storage{name: msgBody, data: utf16Text("hello")}, storage{name: "__substg1.0_0037001F", data: utf16Text("subject")},
		attachment("00000000", chinese, packetText), attachment("00000001", utf16Text("t.zip"), z), forwarded)
	r := walk(t, "m", whole, Limits{})
	// The zip could be the last of parts (x.z01), and so waits.
	want := "leaf m!/text 1 5\nleaf m!/抓包.pcap 54\nleaf m!/text 2 9\nleaf m!/c.pcap 5\nleaf m!/t.zip!/a.pcap 9000\narchive m!/t.zip is zip\narchive m is mail\n"
	if got := r.inventory(); got != want || r.data[0] != "hello" || r.data[1] != packetText {
		t.Errorf("got\n%s%.60q\nwant\n%s", got, r.data, want)
	}
	if got := walk(t, "m", compoundOf(storage{name: "WordDocument", data: "x"}), Limits{}).inventory(); !strings.HasPrefix(got, "leaf m is office document") || len(got) > 60 {
		t.Errorf("a Word file: got\n%s", got)
	}
	for cut := len(compoundMagic); cut < len(whole)-512; cut += 100 { // the last sector is a table with room to spare
		if got := walkOnce(t, whole[:cut], Limits{}).inventory(); !strings.Contains(got, ": ") && !strings.Contains(got, "is office document") {
			t.Errorf("cut after %d of %d bytes: got\n%s", cut, len(whole), got)
		}
	}
	deep := storage{name: "x", data: "x"}
	for range 6000 {
		deep = storage{name: "d", inner: []storage{deep}}
	}
	got := walkOnce(t, compoundOf(properties, deep), Limits{}).inventory()
	if !strings.HasPrefix(got, "unreadable m is mail: open mail: ") {
		t.Errorf("thousands of storages in each other: got\n%s", got)
	}
}
