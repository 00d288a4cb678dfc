package samples

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/rules"
)

// TestMissingFile has a file of a ring buffer missing, as a customer forgets one or the ring has written over it: nobody is accused or blamed whom
// the whole capture does not bear out, and it is told.
func TestMissingFile(t *testing.T) {
	const files = 6
	for _, ticket := range tickets(t) {
		for i := range 2 {
			t.Run(fmt.Sprintf("%s/%d", filepath.Dir(ticket), i), func(t *testing.T) {
				t.Parallel()
				ends := [2][]byte{gunzip(t, member(t, ticket, 0)), gunzip(t, member(t, ticket, 1))}
				whole := make(map[claim]bool)
				for _, conn := range analyzeInputs(t, append(ringOf(t, "a", ends[0], 1, -1), ringOf(t, "b", ends[1], 1, -1)...)).Flows {
					for _, told := range claimsOf(conn) {
						whole[told] = true
					}
				}
				for missing := 1; missing < files-1; missing++ {
					inputs := ringOf(t, "a", ends[i], files, missing)
					c := analyzeInputs(t, append(inputs, ringOf(t, "b", ends[1-i], 1, -1)...))
					if c.Captures[0].Health.Holes != 1 || !c.Partial() {
						t.Fatalf("without file %d: %d holes, partial %v", missing, c.Captures[0].Health.Holes, c.Partial())
					}
					if v := &c.Verdict; v.Class == analyzer.Clean && v.Grade != analyzer.Weak {
						t.Errorf("without file %d: clean, and %v", missing, v.Grade)
					}
					for _, conn := range c.Flows {
						if told := claimsOf(conn)[0]; (conn.Class == analyzer.Middlebox || conn.Class == analyzer.Endpoint) && !whole[told] {
							t.Errorf("without file %d: %v is %v (%s)", missing, told, conn.Class, conn.Cause)
						}
					}
				}
			})
		}
	}
}

// claim is what is said of a connection, by the addresses in one of the captures; two that follow each other on the same ports share it.
type claim struct {
	ends  [2]flow.Endpoint
	class analyzer.Class
}

func claimsOf(c *analyzer.Conn) []claim {
	var all []claim
	for i := range c.Seen {
		a, b := c.Seen[i].Client().Endpoint, c.Seen[i].Server().Endpoint
		if a.Port < b.Port {
			a, b = b, a // which is the client may be unknown
		}
		all = append(all, claim{[2]flow.Endpoint{a, b}, c.Class})
	}
	return all
}

func analyzeInputs(t *testing.T, inputs []analyzer.Input) *analyzer.Case {
	t.Helper()
	c, err := analyzer.Analyze(context.Background(), "ticket", inputs, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ringOf cuts a capture into files of alike many frames, but for one that is missing.
func ringOf(t *testing.T, name string, data []byte, files, missing int) []analyzer.Input {
	t.Helper()
	ends, head := records(data), 24
	if bytes.HasPrefix(data, []byte{0x0a, 0x0d, 0x0d, 0x0a}) {
		order := binary.ByteOrder(binary.LittleEndian)
		if data[8] == 0x1a {
			order = binary.BigEndian
		}
		const packet = 6
		for i, n := range ends {
			if n+4 <= len(data) && order.Uint32(data[n:]) == packet {
				head, ends = n, ends[i:]
				break
			}
		}
	} else if len(ends) == 0 || ends[0] != head {
		ends = append([]int{head}, ends...)
	}
	if ends[len(ends)-1] != len(data) {
		ends = append(ends, len(data))
	}
	var inputs []analyzer.Input
	for k := range files {
		from, to := ends[k*(len(ends)-1)/files], ends[(k+1)*(len(ends)-1)/files]
		if k != missing {
			b := slices.Concat(data[:head], data[from:to])
			inputs = append(inputs, analyzer.Input{Name: fmt.Sprintf("%s/%s_%05d", name, name, k+1), Size: int64(len(b)), ReaderAt: bytes.NewReader(b)})
		}
	}
	return inputs
}
