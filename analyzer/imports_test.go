package analyzer

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/capforensics/capforensics/"

// mayImport is the architecture: what each package may import beside the standard library. A trailing slash allows all below.
var mayImport = map[string][]string{
	"analyzer/flow":               {},
	"analyzer/route":              {"golang.org/x/net/html", "golang.org/x/text/"},
	"analyzer/internal/container": {"github.com/bodgit/sevenzip", "github.com/klauspost/compress/", "github.com/nwaples/rardecode/", "github.com/pierrec/lz4/", "github.com/richardlehane/mscfb", "github.com/ulikunitz/xz/", "golang.org/x/text/"},
	"analyzer/internal/capture":   {},
	"analyzer/internal/wire":      {},
	"analyzer/internal/flowtab":   {module + "analyzer/flow", module + "analyzer/internal/wire", module + "analyzer/internal/payload"},
	"analyzer/internal/payload":   {module + "analyzer/flow", "golang.org/x/crypto/cryptobyte", "golang.org/x/net/dns/dnsmessage"},
	"analyzer/internal/probe":     {module + "analyzer/flow", module + "analyzer/internal/wire", module + "analyzer/route"},
	"analyzer/internal/pairing":   {module + "analyzer/flow"},
	"analyzer/internal/quictest":  {},
	"analyzer":                    {module + "analyzer/flow", module + "analyzer/route", module + "analyzer/internal/"},
	"analyzer/analyzertest":       {"golang.org/x/net/dns/dnsmessage", module + "analyzer", module + "analyzer/flow", module + "analyzer/internal/quictest"},
	"rules":                       {module + "analyzer", module + "analyzer/flow", module + "analyzer/route"},
	"report":                      {module + "analyzer", module + "analyzer/flow", module + "analyzer/route", module + "report/", "github.com/jung-kurt/gofpdf"},
	"report/lang":                 {module + "analyzer", module + "analyzer/flow"},
	"report/font":                 {"github.com/klauspost/compress/", "golang.org/x/image/"},
	"report/reporttest":           {module + "report", "github.com/santhosh-tekuri/jsonschema/"},
	"samples":                     {},
	"samples/ablate":              {"github.com/spf13/pflag"},
	"samples/mutate": {module + "analyzer", module + "analyzer/flow", module + "analyzer/analyzertest", module + "rules", module + "report", "github.com/spf13/pflag", "github.com/google/gopacket", "github.com/google/gopacket/",
		"github.com/klauspost/compress/", "github.com/pierrec/lz4/v4", "github.com/ulikunitz/xz"},
	"cmd/capforensics": {module + "analyzer", module + "rules", module + "report", module + "report/lang", "github.com/spf13/pflag", "golang.org/x/term",
		"golang.org/x/sys/", "github.com/inconshreveable/mousetrap"},
}

// onlyIn pins a dependency to the files that may use it.
var onlyIn = map[string]string{"github.com/jung-kurt/gofpdf": "report/pdf"}

func TestImports(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(path), "../")
		pkg := filepath.ToSlash(filepath.Dir(rel))
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s: package %s is not in the import table", rel, pkg)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value) // the parser accepted it
			if !strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
				continue // standard library
			}
			if !permitted(name, allowed) {
				t.Errorf("%s imports %s, which package %s may not", rel, name, pkg)
			}
			if prefix := onlyIn[name]; prefix != "" && !strings.HasPrefix(rel, prefix) {
				t.Errorf("%s imports %s, which only %s* may", rel, name, prefix)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func permitted(name string, allowed []string) bool {
	for _, a := range allowed {
		if name == a || strings.HasSuffix(a, "/") && strings.HasPrefix(name, a) {
			return true
		}
	}
	return false
}
