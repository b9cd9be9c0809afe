/* The few libjpeg declarations that case code uses, for machines without libjpeg. Reading a picture with them ends
 * with a message; everything else of a case works. */
#ifndef JPEGLIB_H
#define JPEGLIB_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

typedef int boolean;
typedef unsigned char JSAMPLE;
typedef JSAMPLE *JSAMPROW;
typedef JSAMPROW *JSAMPARRAY;
typedef unsigned int JDIMENSION;

typedef enum { JDCT_ISLOW = 0, JDCT_IFAST = 1, JDCT_FLOAT = 2 } J_DCT_METHOD;

struct jpeg_common_struct;
typedef struct jpeg_common_struct *j_common_ptr;
struct jpeg_decompress_struct;
typedef struct jpeg_decompress_struct *j_decompress_ptr;

#define JPOOL_PERMANENT 0
#define JPOOL_IMAGE 1

struct jpeg_error_mgr {
  void (*error_exit)(j_common_ptr cinfo);
  void (*output_message)(j_common_ptr cinfo);
};

struct jpeg_memory_mgr {
  JSAMPARRAY (*alloc_sarray)(j_common_ptr cinfo, int pool_id, JDIMENSION samplesperrow, JDIMENSION numrows);
};

struct jpeg_common_struct {
  struct jpeg_error_mgr *err;
  struct jpeg_memory_mgr *mem;
};

struct jpeg_decompress_struct {
  struct jpeg_error_mgr *err;
  struct jpeg_memory_mgr *mem;
  JDIMENSION image_width;
  JDIMENSION image_height;
  int num_components;
  J_DCT_METHOD dct_method;
  JDIMENSION output_width;
  JDIMENSION output_height;
  int output_components;
  JDIMENSION output_scanline;
};

struct jpeg_error_mgr *jpeg_std_error(struct jpeg_error_mgr *err);
void jpeg_create_decompress(j_decompress_ptr cinfo);
void jpeg_stdio_src(j_decompress_ptr cinfo, FILE *infile);
int jpeg_read_header(j_decompress_ptr cinfo, boolean require_image);
boolean jpeg_start_decompress(j_decompress_ptr cinfo);
JDIMENSION jpeg_read_scanlines(j_decompress_ptr cinfo, JSAMPARRAY scanlines, JDIMENSION max_lines);
boolean jpeg_finish_decompress(j_decompress_ptr cinfo);
void jpeg_destroy_decompress(j_decompress_ptr cinfo);

#ifdef __cplusplus
}
#endif

#endif
