// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// known are the programs, in the order in which they start.
var known = []string{"postgres", "routers", "nginx", "registry", "hotrod", "caddy"}

// startLimit is long: Postgres makes its files first.
const startLimit = time.Minute

// start starts a program, if it is wanted, with its output in a file of its name that the
// collector reads, and waits until it listens at the address.
func (z *zoo) start(ctx context.Context, name, address string, command []string) error {
	log := filepath.Join(z.logs, name+".log")
	script := []string{"-c", `exec "$@" >>"$0" 2>&1`, log}
	if name == "routers" {
		script[2] = filepath.Join(z.folder, "routers.txt") // they write their logs themselves
	}
	p, err := process.Start(name, "/bin/sh", append(script, command...), z.environment(name))
	if err != nil {
		return err
	}
	z.running = append(z.running, p)
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := p.AwaitListening(ctx, address); err != nil {
		return fmt.Errorf("%w: %s", err, tail(script[2]))
	}
	return nil
}

// tail is the end of a file.
func tail(file string) string {
	text, _ := os.ReadFile(file)
	return string(text[max(0, len(text)-2000):])
}

// environment has a program send its spans to the collector, with the delays that its SDK
// has by default.
func (z *zoo) environment(name string) []string {
	env := []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + z.collector.Endpoints.GRPC, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
		"OTEL_EXPORTER_OTLP_INSECURE=true", "OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none",
		"HOME=" + z.folder, "XDG_DATA_HOME=" + z.folder, "XDG_CONFIG_HOME=" + z.folder,
	}
	switch name {
	case "hotrod": // speaks HTTP, and names its services itself
		env[0] = "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + z.collector.Endpoints.HTTP
		return env
	case "routers":
		return env
	}
	return append(env, "OTEL_SERVICE_NAME="+name)
}

// postgres logs every statement, without any id.
func (z *zoo) postgres(ctx context.Context, address string) error {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return fmt.Errorf("postgres is not installed: nothing is at /usr/lib/postgresql/*/bin")
	}
	data, as := filepath.Join(z.folder, "postgres"), []string{}
	if os.Getuid() == 0 { // as which it does not run
		as = []string{"runuser", "-u", "postgres", "--"}
		if err := exec.CommandContext(ctx, "install", "-d", "-o", "postgres", data).Run(); err != nil {
			return err
		}
	}
	initdb := slices.Concat(as, []string{found[0] + "/initdb", "-D", data, "-U", "postgres", "-A", "trust"})
	if out, err := exec.CommandContext(ctx, initdb[0], initdb[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	return z.start(ctx, "postgres", address, append(as, found[0]+"/postgres", "-D", data, "-h", host, "-p", port, "-k", data, "-c", "log_statement=all"))
}

func (z *zoo) routers(ctx context.Context, database string, addresses []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return z.start(ctx, "routers", addresses[len(addresses)-1], append([]string{self, "routers", z.logs, database}, addresses...))
}

// nginxConfig has nginx before the routers. Its log has the header of its callers, if
// they send one, and it has no spans.
const nginxConfig = `daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr crit;
events {}
http {
	log_format json escape=json '{"time":"$time_iso8601","request":"$request","status":"$status","bytes":$bytes_sent,"traceparent":"$http_traceparent"}';
	access_log /dev/stdout json;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s;
		location /users { proxy_pass http://%[3]s; }
		location /articles { proxy_pass http://%[4]s; }
		location /authors { proxy_pass http://%[4]s; }
		location /repos { proxy_pass http://%[5]s; }
		location /orgs { proxy_pass http://%[5]s; }
		location /api { proxy_pass http://%[6]s; }
		location /media { proxy_pass http://%[7]s; }
		location /thumbs { proxy_pass http://%[7]s; }
	}
}
`

func (z *zoo) nginx(ctx context.Context, address string, r []string) error {
	file := filepath.Join(z.folder, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, z.folder, address, r[0], r[1], r[2], r[3], r[4]), 0o600); err != nil {
		return err
	}
	return z.start(ctx, "nginx", address, []string{"nginx", "-e", "stderr", "-p", z.folder, "-c", file})
}

func (z *zoo) registry(ctx context.Context, address string) error {
	program, err := servers.Install(ctx, servers.Registry, z.options.bin)
	if err != nil {
		return err
	}
	args, err := servers.RegistryArguments(address, z.folder)
	if err != nil {
		return err
	}
	return z.start(ctx, "registry", address, append([]string{program}, args...))
}

func (z *zoo) hotrod(ctx context.Context, free []string) error {
	program, err := servers.Install(ctx, servers.HotROD, z.options.bin)
	if err != nil {
		return err
	}
	command := []string{program, "all", "--fix-db-query-delay=30ms", "--fix-disable-db-conn-mutex"}
	for i, name := range []string{"frontend", "customer", "driver", "route"} {
		host, port, err := net.SplitHostPort(free[i])
		if err != nil {
			return err
		}
		command = append(command, "--"+name+"-service-hostname="+host, "--"+name+"-service-port="+port)
	}
	return z.start(ctx, "hotrod", free[0], command)
}

// caddyfile has Caddy trace and log what it passes on, to a registry and to HotROD.
const caddyfile = `{
	admin off
	auto_https off
	persist_config off
}
http://%s {
	tracing
	log {
		output stdout
	}
	%s
}
`

func (z *zoo) caddy(ctx context.Context, address, registry, hotrod string) error {
	program, err := servers.Install(ctx, servers.Caddy, z.options.bin)
	if err != nil {
		return err
	}
	var behind []string
	if z.has("registry") {
		behind = append(behind, "reverse_proxy /v2/* "+registry)
	}
	if z.has("hotrod") {
		behind = append(behind, "reverse_proxy "+hotrod)
	}
	file := filepath.Join(z.folder, "Caddyfile")
	if err := os.WriteFile(file, fmt.Appendf(nil, caddyfile, address, strings.Join(behind, "\n\t")), 0o600); err != nil {
		return err
	}
	return z.start(ctx, "caddy", address, []string{program, "run", "--config", file})
}
