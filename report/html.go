package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
)

//go:embed html/page.html html/style.css
var pageFiles embed.FS

// styleSheet is the page's only style sheet; the page's security policy admits it by its hash, and nothing else.
var styleSheet, styleHash = loadStyle()

func loadStyle() (template.CSS, string) {
	b, err := pageFiles.ReadFile("html/style.css")
	if err != nil {
		panic("report: " + err.Error()) // embedded at build time
	}
	sum := sha256.Sum256(b)
	return template.CSS(b), base64.StdEncoding.EncodeToString(sum[:]) // ours, nothing of a ticket
}

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"style": func() template.CSS { return styleSheet },
	"policy": func() string {
		return "default-src 'none'; style-src 'sha256-" + styleHash + "'; base-uri 'none'; form-action 'none'"
	},
	"mono":   func(t *Table, col int) bool { return slices.Contains(t.Mono, col) },
	"badRow": func(t *Table, row int) bool { return slices.Contains(t.Bad, row) },
	"tag":    languageTag,
	"plot":   plot,
	"rungs":  rungs,
	"way":    placeWay,
	"bad":    suspect,
}).ParseFS(pageFiles, "html/page.html"))

// HTML writes one self-contained page: no script, no network.
func HTML(w io.Writer, v *View) error {
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

// languageTag gives the BCP 47 tag: without the region a browser may show Chinese characters in their Japanese form.
func languageTag(l Lang) string {
	if l == Chinese {
		return "zh-CN"
	}
	return string(l)
}
