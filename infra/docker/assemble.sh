#!/bin/sh
# Puts together what an image holds: assemble.sh <app> <folder>. The Dockerfile runs it; so does a test, without Docker.
set -eu
app=$1
to=$2
planner=node_modules/@graphql-hive/router-query-planner
mkdir -p "$to/apps/$app" "$to/$planner/dist"
cp "dist/apps/$app/main.js" "$to/apps/$app/"
if [ -d dist/graphiql ] && { [ "$app" = platform ] || [ "$app" = gateway ]; }; then cp -r dist/graphiql "$to/"; fi
cp "$planner/package.json" "$to/$planner/"
cp "$planner"/dist/index.js "$planner"/dist/index.cjs "$to/$planner/dist/"
case $(node -p process.arch) in arm64) cpu=arm64 ;; *) cpu=x64 ;; esac
cp "$planner/dist/hive_router_query_planner.linux-$cpu-gnu.node" "$to/$planner/dist/"
cp infra/docker/healthy.js LICENSE "$to/"
