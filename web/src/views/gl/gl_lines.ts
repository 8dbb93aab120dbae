// Lines as instanced quads: one instance a line, width, opacity and dash in the fragment shader,
// so a head with 16,384 weights is one draw call.

import { DASHES, LINE_STRIDE, type LineLayer } from './scene';
import { instanceArray, makeProgram, uniform } from './program';

const PALETTE_SIZE = 16;

const VERTEX = `
layout(location=0) in vec4 ends;
layout(location=1) in vec4 ink;     // width, opacity, colour, dash
uniform vec2 size;                  // surface, CSS px
uniform float pixel;                // CSS px of one device pixel
out vec2 at;                        // along, across, CSS px
flat out vec4 lineInk;
flat out float lineLength;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 along = ends.zw - ends.xy;
  float len = max(length(along), 1e-4);
  vec2 t = along / len;
  vec2 n = vec2(-t.y, t.x);
  float reach = ink.x * 0.5 + pixel;
  vec2 local = vec2(mix(0.0, len, corner.x), mix(-reach, reach, corner.y));
  vec2 p = ends.xy + t * local.x + n * local.y;
  at = local;
  lineInk = ink;
  lineLength = len;
  gl_Position = vec4(p / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

const FRAGMENT = `
in vec2 at;
flat in vec4 lineInk;
flat in float lineLength;
uniform vec3 palette[${PALETTE_SIZE}];
uniform vec4 dashes[${DASHES.length}];
uniform float pixel;
out vec4 colour;
float inDash(float x, int index) {
  vec4 d = dashes[index];
  float period = d.x + d.y + d.z + d.w;
  if (period <= 0.0) return 1.0;
  float r = mod(x, period);
  float first = clamp((d.x - r) / pixel + 0.5, 0.0, 1.0) * clamp(r / pixel + 0.5, 0.0, 1.0);
  float s = r - d.x - d.y;
  float second = d.z <= 0.0 ? 0.0 : clamp((d.z - s) / pixel + 0.5, 0.0, 1.0) * clamp(s / pixel + 0.5, 0.0, 1.0);
  return max(first, second);
}
void main() {
  // Coverage of the pixel by a bar of the line's width; hairlines below one pixel fade, not vanish.
  float w = lineInk.x;
  float cover = clamp((w * 0.5 - abs(at.y)) / pixel + 0.5, 0.0, 1.0) * min(1.0, w / pixel);
  float alpha = lineInk.y * cover * inDash(at.x, int(lineInk.w + 0.5));
  colour = vec4(palette[int(lineInk.z + 0.5)] * alpha, alpha);
}`;

export class GlLines {
  private readonly program: WebGLProgram;
  private readonly buffer: WebGLBuffer;
  private readonly array: WebGLVertexArrayObject;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = makeProgram(gl, VERTEX, FRAGMENT);
    this.buffer = gl.createBuffer();
    this.array = instanceArray(gl, this.buffer, LINE_STRIDE, [4, 4]);
    const dashes = new Float32Array(4 * DASHES.length);
    DASHES.forEach((pattern, i) => dashes.set(pattern, i * 4));
    gl.useProgram(this.program);
    gl.uniform4fv(uniform(gl, this.program, 'dashes'), dashes);
  }

  draw(layer: LineLayer, width: number, height: number, pixel: number): void {
    const { gl, program } = this;
    if (layer.count === 0) return;
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, layer.data, gl.STREAM_DRAW);
    gl.uniform2f(uniform(gl, program, 'size'), width, height);
    gl.uniform1f(uniform(gl, program, 'pixel'), pixel);
    const palette = new Float32Array(PALETTE_SIZE * 3);
    layer.palette.slice(0, PALETTE_SIZE).forEach((rgb, i) => palette.set(rgb.map((c) => c / 255), i * 3));
    gl.uniform3fv(uniform(gl, program, 'palette'), palette);
    gl.bindVertexArray(this.array);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, layer.count);
    gl.bindVertexArray(null);
  }
}
