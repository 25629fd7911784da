// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storefront

import (
	"embed"
	"io/fs"
)

//go:embed static
var embedded embed.FS

// assets are the files under /static.
func assets() fs.FS {
	files, err := fs.Sub(embedded, "static")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return files
}

// Assets lists the paths of the static files.
func Assets() []string {
	return []string{"/static/app.js", "/static/style.css", "/static/logo.png"}
}
