package container

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// rarKinds are the two formats.
var rarKinds = map[string]func(testing.TB, rarOptions, ...file) []string{"RAR 4": rar4Of, "RAR 5": rar5Of}

func TestRar(t *testing.T) {
	files := []file{{"a.pcap", packetText}, {"empty", ""}, {`dir/b.txt`, textOfB}}
	const all = "leaf z!/a.pcap 54\nleaf z!/empty 0\nleaf z!/dir/b.txt 3000\narchive z is rar\n"
	for name, pack := range rarKinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := pack(t, rarOptions{}, files...)[0]
			r := walk(t, "z", whole, Limits{})
			if r.inventory() != all || strings.Join(r.data, "") != packetText+textOfB {
				t.Errorf("got\n%s%q", r.inventory(), r.data)
			}
			if got := walk(t, "z", pack(t, rarOptions{solid: true}, files...)[0], Limits{}).inventory(); got != all {
				t.Errorf("solid: got\n%s", got)
			}
			got := walk(t, "z", strings.Replace(whole, "second", "Second", 1), Limits{}).inventory()
			if want := strings.Replace(all, "a.pcap 54", "a.pcap 54 unhashed: read rar entry: its checksum is wrong", 1); got != want {
				t.Errorf("changed: got\n%swant\n%s", got, want)
			}
			if got := walk(t, "z", whole+"padding", Limits{}).inventory(); got != all {
				t.Errorf("with padding: got\n%s", got)
			}
			silent := 0
			for cut := 8; cut < len(whole)-7; cut += 1 + cut/1000*50 {
				if s := walkOnce(t, whole[:cut], Limits{}).inventory(); !strings.Contains(s, ": ") {
					silent++
				}
			}
			if silent > 0 && name != "RAR 4" || silent > 4 { // a RAR 4 need not have an end: it may be cut between two entries
				t.Errorf("%d cuts went unnoticed", silent)
			}
			const encrypted = "it is encrypted; give its password with --password\n"
			got = walk(t, "z", pack(t, rarOptions{password: "secret"}, files[:1]...)[0], Limits{}).inventory()
			if want := "unreadable z!/a.pcap 0 unhashed: " + encrypted + "archive z is rar\n"; got != want {
				t.Errorf("encrypted: got\n%swant\n%s", got, want)
			}
			got = walk(t, "z", pack(t, rarOptions{password: "secret", hideNames: true}, files[:1]...)[0], Limits{}).inventory()
			if want := "unreadable z is rar: open rar: " + encrypted; got != want {
				t.Errorf("encrypted with its names: got\n%swant\n%s", got, want)
			}
			volumes := pack(t, rarOptions{volume: 2000}, files...)
			got = walk(t, "z", volumes[0], Limits{}).inventory()
			want := "leaf z!/a.pcap 54\nleaf z!/empty 0\nleaf z!/dir/b.txt 2000 unhashed: read rar entry: it goes on in another volume, which is missing: pass all volumes together\n" +
				"archive z is rar: it goes on in another volume, which is missing: pass all volumes together\n"
			if got != want {
				t.Errorf("first volume: got\n%swant\n%s", got, want)
			}
			got = walk(t, "z", volumes[1], Limits{}).inventory()
			if !strings.HasSuffix(got, "it begins in another volume: pass all volumes together\n") {
				t.Errorf("second volume: got\n%s", got)
			}
			if got := walk(t, "z", pack(t, rarOptions{}, file{"\xd7\xa5\xb0\xfc.pcap", "x"})[0], Limits{}).inventory(); !strings.HasPrefix(got, "leaf z!/抓包.pcap 1\n") {
				t.Errorf("name in GBK: got\n%s", got)
			}
		})
	}
}

// TestRarLimits holds that nothing is read behind an entry that a limit has stopped: to pass over it in a solid archive is to expand it.
func TestRarLimits(t *testing.T) {
	whole := rar5Of(t, rarOptions{}, file{"a", strings.Repeat("x", 100)}, file{"b", "x"})[0]
	got := walkOnce(t, whole, Limits{MaxBytes: 50}).inventory()
	want := "leaf m!/a 50 unhashed: the ticket expands to more than 50 bytes (raise --max-bytes)\narchive m is rar: what follows m!/a in it was not read\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// A window of 4 GiB for a file of 4 GiB, which is packed, and solid: the library would make it.
	body := vint(4) + string([]byte{0x80, 0x80, 0x80, 0x80, 0x10}) + vint(0) + le32(0) + vint(0x40|3<<7|15<<10) + vint(1) + vint(1) + "a"
	head := vint(2) + vint(2) + vint(5) + body
	head = vint(len(head)) + head
	i := strings.Index(whole, "\x01\x00")
	got = walkOnce(t, whole[:i+2]+whole[i+2:i+2+8]+le32(crcOf(head))+head+"xxxxx", Limits{}).inventory()
	if want := "archive m is rar: read rar: to unpack it takes more than 128 MiB of memory: unpack it and pass the result\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestRarVolumes reads the volumes of a set, and says what is wrong with a set that lacks one.
func TestRarVolumes(t *testing.T) {
	files := []file{{"a.pcap", packetText}, {"b.txt", textOfB}, {"c", "x"}}
	const all = "leaf z!/a.pcap 54\nleaf z!/b.txt 3000\nleaf z!/c 1\narchive z is rar\n"
	for name, pack := range rarKinds {
		for _, o := range []rarOptions{{volume: 25}, {volume: 1000, password: "secret"}, {volume: 1000, password: "secret", hideNames: true}} {
			t.Run(fmt.Sprint(name, o), func(t *testing.T) {
				t.Parallel()
				volumes := pack(t, o, files...)
				inventory := func(which ...int) string {
					var parts []Part
					for _, i := range which {
						parts = append(parts, strings.NewReader(volumes[i]))
					}
					whole := Join(parts...)
					r := &recorder{read: -1}
					src := Source{Name: "z", Size: whole.Size(), ReaderAt: whole, Passwords: []string{"secret"}}
					if err := Walk(context.Background(), src, Limits{}, r, nil); err != nil {
						t.Fatal(err)
					}
					return r.inventory()
				}
				every := make([]int, len(volumes))
				for i := range every {
					every[i] = i
				}
				if got := inventory(every...); got != all {
					t.Errorf("%d volumes: got\n%s", len(volumes), got)
				}
				if got := inventory(every[:len(every)-1]...); !strings.Contains(got, "it goes on in another volume, which is missing") {
					t.Errorf("the last missing: got\n%s", got)
				}
				if got := inventory(every[1:]...); !strings.Contains(got, "begins in another volume") {
					t.Errorf("the first missing: got\n%s", got)
				}
			})
		}
	}
}

// TestRarRounds refuses archives that would have a password tried for hours.
func TestRarRounds(t *testing.T) {
	whole := rar5Of(t, rarOptions{password: "secret", rounds: 31}, file{"a", "x"})[0]
	want := "unreadable z!/a 0 unhashed: its passwords are checked in a way that takes too long: unpack it with its password and pass the folder\narchive z is rar\n"
	if got := walkWith(t, "z", whole, Limits{}, []string{"secret"}).inventory(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	hidden := rar5Of(t, rarOptions{password: "secret", rounds: 31, hideNames: true}, file{"a", "x"})[0]
	if got := walkWith(t, "z", hidden, Limits{}, []string{"secret"}).inventory(); !strings.Contains(got, "takes too long") {
		t.Errorf("hidden: got\n%s", got)
	}
	// Each byte may be the last: nothing is read beyond.
	for cut := range len(whole) {
		if err := checkRarKeys(strings.NewReader(whole[:cut]), int64(cut)); err != nil && !errors.Is(err, errRarRounds) {
			t.Errorf("cut after %d bytes: %v", cut, err)
		}
	}
	if err := checkRarKeys(strings.NewReader(whole), int64(len(whole))); !errors.Is(err, errRarRounds) {
		t.Errorf("2^31 rounds: got %v", err)
	}
	var files []file
	for i := range 100 {
		files = append(files, file{fmt.Sprint(i), "x"})
	}
	usual := rar5Of(t, rarOptions{password: "secret", rounds: 24}, files...)[0] // all of one salt
	if err := checkRarKeys(strings.NewReader(usual), int64(len(usual))); err != nil {
		t.Errorf("one key for 100 entries: got %v", err)
	}
}
