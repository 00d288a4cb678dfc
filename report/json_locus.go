package report

import (
	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report/lang"
)

// jsonLocus is where on the path the device stands; hops count from the client.
type jsonLocus struct {
	From      int      `json:"hop_from"`
	To        int      `json:"hop_to"`
	Addresses []string `json:"addresses"`
	Stretch   string   `json:"stretch,omitempty"`
	Basis     []string `json:"basis"`
}

func locusOf(l *analyzer.Locus, t *lang.Language) *jsonLocus {
	if l == nil {
		return nil
	}
	out := &jsonLocus{From: l.From, To: l.To, Addresses: []string{}, Stretch: clean(t.Say(l.Stretch)), Basis: sentences(t, l.Basis)}
	for _, a := range l.Addresses {
		out.Addresses = append(out.Addresses, a.String())
	}
	return out
}
