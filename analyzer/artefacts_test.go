package analyzer

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/flowtab"
)

func TestEdited(t *testing.T) {
	host := func(ttl uint8, ids ...uint16) flow.Host {
		var h flow.Host
		for _, id := range ids {
			h.TTL.Add(ttl)
			h.IPID.Add(id, 1)
		}
		return h
	}
	var twenty, same []uint16
	for i := range 20 {
		twenty, same = append(twenty, uint16(100+i)), append(same, 7)
	}
	for _, c := range []struct {
		name     string
		hosts    []flow.Host
		unsummed uint64
		want     Edited
	}{
		{"as captured", []flow.Host{{}, host(64, twenty...), host(52, twenty...), host(116, twenty...), host(64, twenty...)}, 99, Edited{}},
		{"one TTL", []flow.Host{{}, host(64, twenty...), host(64, twenty...), host(64, twenty...), host(64, twenty...)}, 99, Edited{OneTTL: true}},
		{"two hosts on one wire", []flow.Host{{}, host(64, twenty...), host(64, twenty...)}, 99, Edited{}},
		{"one identification", []flow.Host{{}, host(64, same...), host(52, same...), host(50, same...), host(116, same...)}, 99, Edited{OneIPID: true}},
		{"a constant for each", []flow.Host{{}, host(64, same...), host(52, same...), host(50, same...), host(116, 9, 9, 9, 9, 9)}, 99, Edited{}},
		{"no checksums", []flow.Host{{}, host(64, twenty...), host(52, twenty...)}, 100, Edited{NoChecksums: true}},
		{"no hosts", nil, 99, Edited{}},
	} {
		if got := edited(c.hosts, &flowtab.Counts{TCP: 100}, &oddities{unsummed: c.unsummed}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
