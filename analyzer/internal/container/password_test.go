package container

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	files := []file{{"a.pcap", packetText}, {"b.txt", textOfB}}
	archives := map[string]string{
		"RAR 4":                 rar4Of(t, rarOptions{password: "secret"}, files...)[0],
		"RAR 4 with its names":  rar4Of(t, rarOptions{password: "secret", hideNames: true}, files...)[0],
		"RAR 5":                 rar5Of(t, rarOptions{password: "secret"}, files...)[0],
		"RAR 5 without a check": rar5Of(t, rarOptions{password: "secret", noCheckValue: true}, files...)[0],
		"RAR 5 with its names":  rar5Of(t, rarOptions{password: "secret", hideNames: true}, files...)[0],
	}
	for _, name := range []string{"encrypted.7z", "encrypted-names.7z", "zipcrypto.zip", "zipcrypto-streamed.zip", "aes128.zip", "aes256.zip"} {
		archives[name] = archiveFile(t, name)
	}
	for name, data := range archives {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, right := range [][]string{{"secret"}, {"Secret", "", "secret"}, {"secret", "other"}} {
				r := walkWith(t, "z", data, Limits{}, right)
				if s := strings.Replace(r.inventory(), "抓包/", "", 1); !strings.HasPrefix(s, "leaf z!/a.pcap 54\nleaf z!/b.txt 3000\narchive z is ") || strings.Contains(s, ": ") {
					t.Errorf("with %q: got\n%s", right, s)
				}
				if strings.Join(r.data, "") != packetText+textOfB {
					t.Errorf("with %q: got %.100q", right, r.data)
				}
			}
			for _, wrong := range [][]string{{"Secret"}, {"", "secret "}} {
				r := walkWith(t, "z", data, Limits{}, wrong)
				s := r.inventory()
				if len(r.data) > 0 || !strings.Contains(s, "it is encrypted, and none of the passwords given opens it") {
					t.Errorf("with %q: got\n%s", wrong, s)
				}
				if certain := name == "aes256.zip" || name == "RAR 5"; certain && strings.Contains(s, "damaged") {
					t.Errorf("with %q: a password that is surely wrong: got\n%s", wrong, s)
				}
			}
			if s := walk(t, "z", data, Limits{}).inventory(); !strings.Contains(s, "it is encrypted; give its password with --password") {
				t.Errorf("without: got\n%s", s)
			}
		})
	}
}

// TestManyPasswords gives up where trying all passwords on all members would take minutes.
func TestManyPasswords(t *testing.T) {
	var files []file
	for i := range 25 {
		files = append(files, file{fmt.Sprint(i, ".zip"), archiveFile(t, "zipcrypto.zip")})
	}
	passwords := make([]string, 100)
	for i := range passwords {
		passwords[i] = fmt.Sprint("wrong ", i)
	}
	got := walkWith(t, "z", tarOf(t, files...), Limits{}, passwords).inventory()
	if first, last := strings.Index(got, "none of the passwords"), strings.LastIndex(got, "2000 times a password did not open"); first < 0 || last < first {
		t.Errorf("got\n%.2000s", got)
	}
	if got := walkWith(t, "z", tarOf(t, files...), Limits{}, []string{"secret"}).inventory(); strings.Contains(got, "encrypted") {
		t.Errorf("with the right one: got\n%.2000s", got)
	}
}

// TestRightPasswordDamagedData tells damage from a wrong password where the format can.
func TestRightPasswordDamagedData(t *testing.T) {
	aes := []byte(archiveFile(t, "aes128.zip"))
	aes[100] ^= 1
	got := walkWith(t, "z", string(aes), Limits{}, []string{"secret"}).inventory()
	if want := "leaf z!/a.pcap 54 unhashed: read zip entry: it was changed after it was encrypted, or is damaged\nleaf z!/b.txt 3000\narchive z is zip\n"; got != want {
		t.Errorf("AES: got\n%swant\n%s", got, want)
	}
	rar := strings.Replace(rar5Of(t, rarOptions{password: "secret"}, file{"a", packetText}, file{"b", "x"})[0], "\x01\x01a", "\x01\x01c", 1)
	if got := walkWith(t, "z", rar, Limits{}, []string{"secret"}).inventory(); !strings.Contains(got, "bad header crc") {
		t.Errorf("RAR 5: got\n%s", got)
	}
	whole := archiveFile(t, "zipcrypto.zip")
	for i := 60; i < 90; i++ {
		b := []byte(whole)
		b[i] ^= 0x10
		if got := walkWith(t, "z", string(b), Limits{}, []string{"secret"}).inventory(); !strings.Contains(got, "none of the passwords given opens it") || !strings.Contains(got, "leaf z!/b.txt 3000\n") {
			t.Errorf("ZipCrypto with byte %d changed: got\n%s", i, got)
		}
	}
}

// TestPasswordOrder tries first what fitted last: an archive of thousands of entries is not worth as many tries.
func TestPasswordOrder(t *testing.T) {
	w := &walker{ctx: t.Context(), passwords: []string{"a", "b", "c"}}
	var tried []string
	for range 2 {
		got, err := w.unlock(func(password string) (io.ReadCloser, error) {
			tried = append(tried, password)
			if password != "c" {
				return nil, errWrongPassword
			}
			return io.NopCloser(strings.NewReader("")), nil
		})
		if got != "c" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if got := strings.Join(tried, ""); got != "abcc" {
		t.Errorf("tried %s", got)
	}
}
