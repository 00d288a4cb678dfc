package report

import _ "embed"

//go:embed schema.json
var schema []byte

// Schema gives the JSON Schema of the JSON report.
func Schema() []byte { return schema }
