# Writes a C++ file that holds the bytes of FILES, named by their path below BASE. Run by zest_embed().
set(arrays "")
set(entries "")
set(index 0)
foreach(file ${FILES})
  file(RELATIVE_PATH name ${BASE} ${file})
  file(READ ${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "const unsigned char bytes_${index}[] = {${bytes}0};\n")
  string(APPEND entries
         "    {\"${name}\", std::string_view(reinterpret_cast<const char*>(bytes_${index}), ${size})},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT}.tmp "#include \"base/embedded.h\"\n\nnamespace zest::embedded {\nnamespace {\n${arrays}\
const EmbeddedFile files[] = {\n${entries}};\n}  // namespace\n\
std::span<const EmbeddedFile> ${ACCESSOR}() { return files; }\n}  // namespace zest::embedded\n")
file(COPY_FILE ${OUTPUT}.tmp ${OUTPUT} ONLY_IF_DIFFERENT)
file(REMOVE ${OUTPUT}.tmp)
file(TOUCH ${OUTPUT})
