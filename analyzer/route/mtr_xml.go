package route

import (
	"encoding/xml"
	"io"
	"strings"
	"time"
)

// mtr --xml. It is not well-formed before 0.9x, as it has elements named "Loss%".
//
//	<MTR SRC="vm" DST="192.0.2.1" TOS="0x0" PSIZE="64" BITPATTERN="0x00" TESTS="4">
//	    <HUB COUNT="1" HOST="10.99.1.2">
//	        <Loss>  0.0%</Loss>
var _ = register(&format{
	name: "mtr XML",
	begins: func(t *text, i int) bool {
		const tag = "<MTR "
		line := strings.TrimSpace(t.at(i))
		return strings.HasPrefix(line, tag) || strings.HasPrefix(line, "<?xml") && (strings.Contains(line, tag) || strings.Contains(t.at(t.skipBlank(i+1)), tag))
	},
	read: readMTRXML,
})

func readMTRXML(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "mtr", Format: "xml", Line: i + 1, Resolution: 100 * time.Microsecond}
	t.called(r, i, "mtr")
	s := t.stretch(i)
	s.edit = func(line string) string { return strings.ReplaceAll(line, "Loss%>", "Loss_>") }
	d := xml.NewDecoder(s)
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var h *Hop
	element, ended := "", false
	for !ended {
		tok, err := d.RawToken()
		if err != nil {
			break
		}
		switch v := tok.(type) {
		case xml.StartElement:
			element = v.Name.Local
			attr := func(name string) string {
				for _, a := range v.Attr {
					if strings.EqualFold(a.Name.Local, name) {
						return strings.TrimSpace(a.Value)
					}
				}
				return ""
			}
			switch element {
			case "MTR":
				r.Source, r.Target = short(attr("SRC")), target(attr("DST"), "", FromReport)
			case "HUB":
				n, _ := whole(attr("COUNT"))
				if n < 1 {
					n = len(r.Hops) + 1
				}
				if h = t.add(r, n, s.at(d.InputOffset())); h != nil {
					t.xmlRouter(h, attr)
				}
			}
		case xml.CharData:
			if h != nil && element != "HUB" {
				if element == "Loss" || element == "Loss_" {
					element = "Loss%"
				}
				t.oddColumn(element, s.at(d.InputOffset()))
				h.mtrField(element, short(string(v)))
			}
		case xml.EndElement:
			if element = ""; v.Name.Local == "HUB" && h != nil {
				h.silence()
				h = nil
			}
			ended = v.Name.Local == "MTR"
		}
	}
	if h != nil {
		h.silence()
	}
	r.Cut = !ended
	return []*Report{r}, s.at(d.InputOffset()) + 1
}

func (t *text) xmlRouter(h *Hop, attr func(string) string) {
	k, ok := host(attr("HOST"))
	if a := address(attr("ADDR")); a.IsValid() {
		if k.Addr, ok = a, true; k.Name == "" && attr("HOSTNAME") != "" && !address(attr("HOSTNAME")).IsValid() {
			k.Name = short(attr("HOSTNAME"))
		}
	}
	if k.AS = asNumber(attr("ASN")); ok {
		t.router(h, k)
	}
}
