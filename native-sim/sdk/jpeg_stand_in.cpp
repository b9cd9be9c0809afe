// Stands in for libjpeg where it is not installed.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "jpeglib.h"

namespace {

void refuse(j_common_ptr) {
  std::fprintf(stderr, "this SDK was built without libjpeg: install libjpeg-dev or pass a .tensor file\n");
  std::exit(EXIT_FAILURE);
}

}  // namespace

jpeg_error_mgr* jpeg_std_error(jpeg_error_mgr* err) {
  err->error_exit = refuse;
  err->output_message = refuse;
  return err;
}

void jpeg_create_decompress(j_decompress_ptr cinfo) {
  jpeg_error_mgr* err = cinfo->err;
  std::memset(cinfo, 0, sizeof *cinfo);
  cinfo->err = err;
}

void jpeg_stdio_src(j_decompress_ptr, FILE*) {}

int jpeg_read_header(j_decompress_ptr cinfo, boolean) {
  cinfo->err->error_exit(reinterpret_cast<j_common_ptr>(cinfo));
  return 0;
}

boolean jpeg_start_decompress(j_decompress_ptr) { return FALSE; }
JDIMENSION jpeg_read_scanlines(j_decompress_ptr, JSAMPARRAY, JDIMENSION) { return 0; }
boolean jpeg_finish_decompress(j_decompress_ptr) { return FALSE; }
void jpeg_destroy_decompress(j_decompress_ptr) {}
