// Rasters as instanced quads over one array texture of f16 tiles: all thumbnails of a model, or all
// tiles of a matrix, are one draw call. Texels that share a pixel are reduced by max (or mean) in
// the shader: linear filtering would hide the single hits that the pooling kept.

import { QUAD_STRIDE, type RasterLayer } from './scene';
import { RAMP_SIZE, type Ramp } from '../../ui/ramps';
import type { TileAtlas } from './tile_atlas';
import { instanceArray, makeProgram, uniform } from './program';

const VERTEX = `
layout(location=0) in vec4 rect;
layout(location=1) in vec4 source;   // slot, texel x, texel y, texel width
layout(location=2) in vec2 rest;     // texel height, scale
uniform vec2 size;
uniform float pixel;
out vec2 texel;
flat out vec4 bounds;                // first and end texel
flat out vec2 step_;                 // texels per device pixel
flat out float slot;
flat out float scale;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 p = rect.xy + rect.zw * corner;
  vec2 extent = vec2(source.w, rest.x);
  texel = source.yz + extent * corner;
  bounds = vec4(source.yz, source.yz + extent);
  step_ = extent / rect.zw * pixel;
  slot = source.x;
  scale = rest.y;
  gl_Position = vec4(p / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

const FRAGMENT = `
precision highp sampler2DArray;
in vec2 texel;
flat in vec4 bounds;
flat in vec2 step_;
flat in float slot;
flat in float scale;
uniform sampler2DArray tiles;
uniform sampler2D ramp;
uniform bool signedRamp;
uniform bool mean_;
out vec4 colour;
void main() {
  ivec2 low = ivec2(max(floor(texel - step_ * 0.5 + 1e-3), floor(bounds.xy)));
  ivec2 high = ivec2(min(ceil(texel + step_ * 0.5 - 1e-3), ceil(bounds.zw))) - 1;
  if (step_.x <= 1.0) { low.x = high.x = int(clamp(floor(texel.x), floor(bounds.x), ceil(bounds.z) - 1.0)); }
  if (step_.y <= 1.0) { low.y = high.y = int(clamp(floor(texel.y), floor(bounds.y), ceil(bounds.w) - 1.0)); }
  float best = 0.0;
  float sum = 0.0;
  float n = 0.0;
  for (int y = low.y; y <= high.y; y++) for (int x = low.x; x <= high.x; x++) {
    float v = texelFetch(tiles, ivec3(x, y, int(slot + 0.5)), 0).r;
    if (isnan(v) || isinf(v)) continue;
    if (abs(v) > abs(best)) best = v;
    sum += v;
    n += 1.0;
  }
  // No finite number, or the −∞ of masked scores: a hole (reduce.ts has the same rule).
  if (n == 0.0) discard;
  float v = mean_ ? sum / n : best;
  float t = clamp(signedRamp ? v * scale * 0.5 + 0.5 : v * scale, 0.0, 1.0);
  colour = texelFetch(ramp, ivec2(int(t * ${RAMP_SIZE - 1}.0 + 0.5), 0), 0);
}`;

interface Uploaded { texture: WebGLTexture; layers: number; versions: number[] }

export class GlRaster {
  private readonly program: WebGLProgram;
  private readonly buffer: WebGLBuffer;
  private readonly array: WebGLVertexArrayObject;
  private readonly atlases = new WeakMap<TileAtlas, Uploaded>();
  private readonly ramps = new Map<string, WebGLTexture>();
  readonly maxSlots: number;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = makeProgram(gl, VERTEX, FRAGMENT);
    this.buffer = gl.createBuffer();
    this.array = instanceArray(gl, this.buffer, QUAD_STRIDE, [4, 4, 2]);
    this.maxSlots = gl.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS) as number;
    gl.useProgram(this.program);
    gl.uniform1i(uniform(gl, this.program, 'tiles'), 0);
    gl.uniform1i(uniform(gl, this.program, 'ramp'), 1);
  }

  draw(layer: RasterLayer, width: number, height: number, pixel: number): void {
    const { gl, program } = this;
    if (layer.count === 0) return;
    gl.activeTexture(gl.TEXTURE0);
    this.upload(layer.atlas);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.rampTexture(layer.ramp));
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, layer.data, gl.STREAM_DRAW);
    gl.uniform2f(uniform(gl, program, 'size'), width, height);
    gl.uniform1f(uniform(gl, program, 'pixel'), pixel);
    gl.uniform1i(uniform(gl, program, 'signedRamp'), layer.ramp.signed ? 1 : 0);
    gl.uniform1i(uniform(gl, program, 'mean_'), layer.reduce === 'mean' ? 1 : 0);
    gl.bindVertexArray(this.array);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, layer.count);
    gl.bindVertexArray(null);
  }

  /** Binds the atlas's texture and brings over the tiles that changed. */
  private upload(atlas: TileAtlas): void {
    const { gl } = this;
    let held = this.atlases.get(atlas);
    if (held && held.layers < atlas.slotCount) {
      this.free(held.texture, textureSize(atlas, held.layers));
      held = undefined;
    }
    if (!held) {
      const layers = Math.min(atlas.capacity, this.maxSlots, nextPowerOfTwo(Math.max(atlas.slotCount, 16)));
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R16F, atlas.size, atlas.size, layers);
      setNearest(gl, gl.TEXTURE_2D_ARRAY);
      held = { texture, layers, versions: [] };
      this.atlases.set(atlas, held);
      allocated += textureSize(atlas, layers);
      // With the view that had it: the collector frees no texture of its own accord.
      this.gone.unregister(atlas);
      this.gone.register(atlas, { texture, bytes: textureSize(atlas, layers) }, atlas);
    }
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, held.texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 2);
    for (let slot = 0; slot < Math.min(atlas.slotCount, held.layers); slot++) {
      const tile = atlas.tileAt(slot);
      if (!tile || held.versions[slot] === tile.version) continue;
      gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, slot, atlas.size, atlas.size, 1, gl.RED, gl.HALF_FLOAT, tile.bits);
      held.versions[slot] = tile.version;
    }
  }

  private readonly gone = new FinalizationRegistry<{ texture: WebGLTexture; bytes: number }>(({ texture, bytes }) => { this.free(texture, bytes); });

  private free(texture: WebGLTexture, bytes: number): void {
    this.gl.deleteTexture(texture);
    allocated -= bytes;
  }

  private rampTexture(ramp: Ramp): WebGLTexture {
    const { gl } = this;
    const known = this.ramps.get(ramp.id);
    if (known) return known;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, RAMP_SIZE, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(ramp.rgba));
    setNearest(gl, gl.TEXTURE_2D);
    this.ramps.set(ramp.id, texture);
    return texture;
  }
}

let allocated = 0;
/** Bytes of the textures that hold tiles. */
export function textureBytes(): number { return allocated; }

/** 16-bit floats. */
function textureSize(atlas: TileAtlas, layers: number): number { return atlas.size * atlas.size * layers * 2; }

function setNearest(gl: WebGL2RenderingContext, target: number): void {
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

function nextPowerOfTwo(n: number): number { return 2 ** Math.ceil(Math.log2(n)); }
