// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// caddyfile has Caddy trace and log what it passes on. Its log leaves out what tells
// of hosts and of the client.
const caddyfile = `{
	admin off
	auto_https off
	persist_config off
}
http://%s {
	tracing
	log {
		output stdout
		format filter {
			wrap json
			fields {
				request>remote_ip delete
				request>remote_port delete
				request>client_ip delete
				request>host delete
				request>headers delete
				resp_headers delete
			}
		}
	}
	reverse_proxy %s
}
`

// caddy is the proxy before the server at an address.
func caddy(behind string) server {
	return server{
		name:    "caddy",
		program: servers.Caddy,
		arguments: func(address, folder string) (args, env []string, err error) {
			file := filepath.Join(folder, "Caddyfile")
			err = os.WriteFile(file, fmt.Appendf(nil, caddyfile, address, behind), 0o600)
			return []string{"run", "--config", file}, []string{"HOME=" + folder, "XDG_DATA_HOME=" + folder, "XDG_CONFIG_HOME=" + folder}, err
		},
		isAccess: func(line string) bool { return strings.Contains(line, `"logger":"http.log.access`) },
	}
}
