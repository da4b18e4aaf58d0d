/** A text of 281,885 bytes that has something for every part of a decompressor. */
export function zstdSampleText(): Buffer {
  const words = ['layer', 'blob', 'tag', 'index', 'manifest', 'digest', 'of', 'the', 'a', 'registry']
  let text = ''
  for (let line = 0; line < 16_000; line++) {
    const number = line % 50 === 0 ? ` ${(line * 7919) % 10_007}` : ''
    text += `${words[(line * line) % 10]} ${words[(line >> 3) % 10]} ${words[(line >> 7) % 10]}${number}\n`
  }
  return Buffer.from(text)
}

/** What zstd 1.5 makes of the beginnings of that text. */
export const ZSTD_SAMPLES: readonly { readonly name: string; readonly textBytes: number; readonly base64: string }[] = [
  {
    name: 'at the highest level, in several blocks',
    textBytes: 281885,
    base64:
      'KLUv/QBoHCUAoscWEaBv8sX1O3r6b2V99VNFFc8DjSLkpZEgqEX5IY6fLk5El/GmT/HQ54xywqNOgTjp8OM0QUYQ4d/okxE6sXf/TWnM1oQu' +
      'XQdXo7leCx2r17IGZ5JA0aiAd2U5xYKaqIKXpBkOYhAEoiNpmIgfIhAsAgSIUAkFGFjCBBKgGBIJMKOckkIbhgAhqo/W+XDDL4fS/gZHJrUQ' +
      'smfbz/btiN1rlFcKECuR759U2hfiL3NopT8j9dogOBk91vYHwafpykKhCJHRGBZnY+4g/AkJSeVL4j181EooLqlkwwwZmtiyPrMmBy02a2Fk' +
      'Rk096YoQK/8sOROg4QsdvZG6ZLnEcwdqsMgatiASgj0r5WaIwalI3GcZEwGBNiI+jjZ8OXENoYIEJG+8mthD+uI8G5Us4rQRVNlEUtQpGBpT' +
      'pNO1sphOw7DUXb6iGO2WMYnFmSdZLwUeAtqjyLxKea8e0gPFbXakKU7K+mTuqVXl2G8UzIOwVRG9hnR/ol6JiO958vtP9dhQQANd7mErUjB5' +
      'wMw55/2jOeH0iKTr/PnFOF098lhFHyLulXkXkoAo0NJum2tMpRLAV9AR+am3yOoPYzaSi+jUpM2orNwobm9NL4R92cCBFl5xRbNw0F2cEBm9' +
      'bQzxxRwneRLXR/hpugu1HCytfVAjxuISOQCx4xwhU/wSk/65l5lZqbCtgsRlku2rcXfuVLiG7wi0gMUJFFS+tBT115fKdkUKoyq1tghLDLqN' +
      '5788Z4aVRvDB9Lsb61HIfBX+JKFCiYUI1wen01yJOUQU4Q+o2Uld3cRKSETwz000hADKIwkUBBUu6jPCQecKcr5USVcRs02aFpIKb0lqwAfv' +
      'UtqJcvoSighVnsttmNz8Okg1scAHjBHOp97QDmCE5oNQrZApK2OAAoipJuYIfAYclABvNp9jP4s3EiKU60gXpZHJr83SCZWrn0nM3qk8dTfo' +
      'h0qh6ZpKFMinZamoNZpAMANH6qAhUuKLIGcXTM1tWJYyvZmchINzm7hfbvA/KUUcEE9pVC9gR5/2MNMUVUV7knNpUzpATEsqmdp0NM8CAtlL' +
      'veWYkeoPAFUcvDX5eJGvh1l9WAY01Bio+WPP8il8DtmwisbU1dokUNgl0FPaAiF6dUGy7Mi4T9lhOf/3CJV0J80n0m9OmCMjcSoZpGiQUieH' +
      'O6aaUC34Ckl+mMGlpECrDqtky4Cor0bT6vHXN2o9wkWozyZ5kAlUo/APGTRnja7mARdDxx6oMbALPP5RRE6TlF7L9EMiJrqLgN8vGc33OyiL' +
      'Zt7MWnEbyq8yOQFeoGY7Hu/Y1ayvY5NOiyO+pydy4zDXfH4ygchJfum0utAabRdquqrNt6sYBaXCW5IS1SH29spvYS72h4GAf9PU1xLb2aMQ' +
      'rDQrLrUhCIW4ZIFMmfGIphT5/+yF+u4Br6vVRX4FleL70XTsKSO3GvPRUHdaxYQKnlTvF1Ni7ajrTJeikKz0VilGdSBdXK7PZhwYtUOET+Zn' +
      'b0M8TlHsBKtVjNVBMBNXpwQaqPNKTAoS/Ni1LDBl+Dz2R6xEioCHYLbGzb0JL15Ep52o6NOif8uMPeRVPARMEgBjwgV+SHs4pJ0ElNIwZPRA' +
      '/21CEIYQ0wCZD4FNuOGzHBJgEAkQLMImGFmgyAktkmBEoYKiWpUDeDCTkhR1IvHyC4eiEIigqcXlmL3RUpgNOgpo0Nq1YbtGVv6bP+vmClpe' +
      'mJi4hUdxoR5Qh1Tph4Meg5DrJb3CFGa6+UAZcGydKqbEQ4vbiQ7tENv3Ymi0zi1kHRr+3/D6Z7CgpIiv71uYvQQNzidIiaeucWFY2fM8IdHo' +
      'DkOWkHg09bQX3r8VPKiXWpKLxl2bkJS7xVEJ88ieHHIgeIGNDpijmLbdImKQAgxNON6YILGwnJ9mLz1MlgBs67j2v5B3+sPcaiGUVjQ0/0N6' +
      'IV6nbABjQDRtAiMoM8XgCnaT5YA9c+QflabMflR5jb65qZE4XRPVrHQesRDWehenCIZNEjgd1wF5AEZGamB6TNy9HJ4yy3lhkvZOdZEs1Rmf' +
      'gyPxxVQF89jg6iZWvA7jqbvg/dh9jU1nVjVSGY+G3NRInB6LVla6ltgFFsFKsJU2NuqR8RSmMQ7gUoGMPfDP6HEF5uUBzI/8VqjnMeDeaRmX' +
      'j+iUF7TcYgiAMGQfCjFfuJ5J8pJ4TSDE8szdhKLsUxSjGN+JfuMSwC1yb1SxHRyi+22gUeKjxkL4OIDwQ+mS1SnxwNPquchEIZ1/yQE9gBZ0' +
      'kphISD9PYoGUt4pjlUoYeKFRsIUr+XKbV0nAxS6kWbSmm6whUoLeD4f1gDSXNXgznweGMxSsijEngV1NwSMwDvm7ayAxw6tcbzK1bsrUCxhx' +
      'JQF0IQBWI0IJsHlkZRmcGbMIPgA+AD8AMo6MAB8jar7ETDUbiG5CBKQG1Q8qtXDFYkqrd9KSuVzNv4KqRb3KaSfqzs4ozgl9LI69xxPNw5jh' +
      'MyVuTgnQVlxWoRW/9jVTfEijckclGU+O5JNUc9CzmDY03ZAzsDmY+WpRe/GhgZiAZx3WQVaKcbwaapeIvWRGhI4cAUADcAcxsgMXwalJgCcS' +
      'NJKuCLM6uJEXALiG9wuNpjqCmDGEo9Rn6kzx7KKNNDb1GbQ4eGXzBZQX0Zr8MSGaBaf+lKKoICmxXrbELj2/oWpaz09AVGAnzhC6EIW3mEgY' +
      'VZ6WeMo+HpD3YI3uGNHMSHa0ZZaZCz7XtfHEZgKBTqhxikzyAVG5gCCkKqq4OhJoEMgQUAgQGAFGABEoBDMEGgFCgCAECMEIQoDAmP7oanem' +
      'esN9ND3B/Jz/6blt/H2EG2E334v9YyLUwJJ8SeES0f5WUBLrmbQWIKdKD63lxN7fqn8GT3izJH4s918R4UQOieVaZPJQCvR5IXC0XRgLrWg5' +
      '5v7/ghgA9MsLdCa5LPoi/QeqbQFgrASCgHMDa4xoRMnB1BRp6cv/VaERVNQiKZv+L2ZoxHOGlsm97LDuLiVRmeQon/4XJIAS05fyOztT/QeK' +
      'wiQW/4HKxP8Cu07CqRJquRtaFkcElmFJAozSx9odW23RLszFXOlhGevlUOL3xVhBbUlCW6mNxmlz4u5vu2b/IKkUXADZhwX1Dyra9l8czziQ' +
      '/rE4I1b6asWhDzI1WCuYr07/pWLEf5s0LAmtyH9n0IlutH8wzQr9wpcQGOsRnqr/wlnBgkIQVeJtiv+groVadcGgmrHgzWcRjy//5STkijuL' +
      'cEZEQ5EYgAELIe7lRC4MdSAzbQOWt3VLVEYCYDwC91+EsDSazviwBImz+UEA6xdvYE8jSLmpAypXDv8Lg2UQiRb5RzwBT4usC2DTVafALElr' +
      'sH5U8ykWXsXxAYw1aRBoRls+6aj/2rF4Af86FzwVcXBlk2RmccsAxnb9LwOmJKL/Ort6FjAnUKkARlg0eApreUVaaDUOfvkewNQG/+slUtIU' +
      'HRUXSJ05E6wdgrTcsC0I8mNoyzanRItYp6mCoBlyoC7yHPJaqBPBBwS+RN/0X4b5ApgEkhwQbIMaEARVIGj8L9QMYOAL2liWhDWlU4srpkaG' +
      '9ZK+vpBVwYCatVxPTkvYZJH8TUnA/HwII6hZ5q+KJIC9jwwMQp3FfeQ2fZHirGoXmkhhQ/Xo/rSQcEG/2a7wvxrkfuobGZDlFTfiiDoOt6PQ' +
      'GLdBVFNCHVx0htnGzo8fbSH+KreoOEd8JQLoCr1KUy72eSEHhkb7FX5Yp5ps5pFBeaH+gY8awoDWnjI8BU+KNtMdkK80CID2xf2M/40UtzyJ' +
      'p/byCpDZkK3J/bzFEhb6w2hmB1MOHTQVAIbhPgvQ5QAYV6RsWblg8ToAOwA6AGLJAD6A9eFiL6WaUvCZOMLv3iRLULX8F3n6MggBmrMooA4D' +
      '0wEGNAJMLbBgtG1n2MWwMR4PxBatyISOGVwmJnNPoDvkwKMAVON8RwFHyK14ZsCCQHrPAoS7qjIyHign5utiIxaNhOsrn/PbSCT0m2BjSOW+' +
      'AsMGPZ7Na2U+AerERHTvZdV0YqrIzGcbJ3LxJ2Ce6HLRJQnFvwoOrctUDcAJQiOMuF2gNdgRH8iIMwZzxjaUqO/RZlL5LplkJB5S/dz1UpIp' +
      'Ap+JFN72DOSgarnIoN+C6IRlEdQxYC7AiETIawD2iLaaoRYBgLKoYETOB7FW/Ga4AxL4//8EgWcQ6PCYPwlIE/ApgtUOQbI5aAMvoDNz9LeI' +
      'i1Q2ixbU3/qg/i6+FFYZ6lipoKLob4E9rmGsREXQI4MBQgP6W1uxVz2ug1g8R3pNz99Wx9gvfEm0guBzKmp7MzmHIN2Dj/5WGdE8Yq0ZpY9Y' +
      '0mT6W/X0CwYqYqDsqNitOLxZkokHCefU3yrAEi0qLdisUHH0FADCeMmc+I8/d9L+dr0jzvQAaYJgoUmfB4A/hjOqMdkRi8Hb+ltBtnC22QeZ' +
      'qCN/ehizLlUyL9vfCiTub2tQliXxtdcgoBVTqkU5mcqhhWKzVQAHoS+5s7vqLR5G49/q/MKQPVBXwgfdTO9vq/n/C1+6smipfV0buBeGJSG/' +
      'jUh3pMn+tnDxmZs5XXARbzybaby/xR4l5cyXD3iBttu3r2HV32YReCWxMX+KPquTPVRBlfS79rfCZbk+4BENqZxFXT3Mzaq/HeTnNEfMXrJv' +
      'Jv2tbTML+L1pjhrsU2t/q5sSLcryuEHa5rHAAJEvVZooUkM02JErgiFLMreBIVUDv1YYSol5Bm0DAPPECAE8A6zEx90A4Aitlc2MKCjsO/vM' +
      'qyQjHigZc8vCF2sEuEYlG/wMOMe8ZVrE9nxrfzvYGkf0t/CnqLNWZtffmoqwM1QpImyy42/DnBxQMH8Q54hcKo4Pa2YBScfw/O2baX+7bqO/' +
      '3QeLOBA=',
  },
  {
    name: 'at the fastest level, with a checksum',
    textBytes: 20000,
    base64:
      'KLUv/QRINVoAtBhsYXllciAwCmJsb2IKbWFuaWZlc3RyZWdpc3RyeW9mZGlnb2ZvZiB0YWdibG9ib2YgaW5kZXhibG9ib2ZibG9ib2YgNTY3' +
      'NwpvZm9mIHRoZWhlb2YgYWJsb2JvZmJsb2IgMTM0YmxvYgpibG9idGhlb2YgYSA3MDI0CnRhZ2FnYWdhZzI2OSA4MzcxCnRhZ3RhZ3RhZ3Rh' +
      'Z3RoZWhlaGUgNDA0b2YgYSA5NzE4b2YgYTUzOHRhZyAxMDV0aGVoZWhlaGUgNjczNSB0aGVvZiBhIDI0MAoKIHRhZ2FnODA4MiAzNzV0YWcK' +
      'CiBoZWhlaGVoZSA5NDI5b2YgYSA1MDkKIG9mIG9mb2Z0aGVvZiBhYWFhYWFvZiA3Njl0YWdhZ2FnYWc2NDQ2aGVoZWhldGhlIDIxMXRoZXRo' +
      'ZWhlYWEgdGhlIDc3OTMgMzQ2YWEKb2YgYSBhYSBhYSBhYSBhYSA5MTR0YWdhb2ZvZm9mIGF0aGVoZWhlaGVoZSBhIDQ4MSA0OApibG9iIG1h' +
      'boW4qJNeZiaFDlMRqHHDMoUNhE0HE4DAAArmsrM8zoKOMaTMjMiISFJQUFCPNhDllXSGakqKHV1RlUyPoE6JcX1xoqgCyePwaIuELhr593Q0' +
      'gU1VnS6VwFkbqkBui1EsAGRAIGyCxr4XQckVM8QPcIUAn5Cb0aAwtEGYBJickKLDQ71yWZW51UFRQmJQVeuuDErkQozFGTsF8oEzCmyP2LnO' +
      'NdZFhQYNd8dJhvEsBuFVeL3EBiFCBs0nh/lBPVqm3IVxjGUnLljH2naPBB2NnPWGaamP8IJXHwHkgfICD09Rm0G2bz+SgjMEz4tKeKAPYNFI' +
      '2Ork0M6zMqIBA3YwPTa+DbMgrGIYp+66pazk4Q/HNQLLtZCYoDTUnr9IDmC5zy5CalUoWYSu5uN18N+EHluKNcupc5f5cubsu6MhAMhV4R9D' +
      'rdieF0ILHKyichKgCVpAUyNECNtO51EQuZC+XdrGbanMAqAkDA9BOvaMpzZUyTnWoISjBUVh2OBn26sRyu7ZhzBbd+irPNRPIOAEaKsga6Tz' +
      'qExY/oiBs++OA0lqTKfFr5He3xzVOlmON2Hvc0M4YhxsFd5N2JYP1oIush0x3isb89amDkb4gJHMSIAdBXscOigTvY3kRMaOn/En7wSQi/hc' +
      'aJRQytxMx2/AHx0aeVT2ckoxT+NHwGD8Aqltg2BkxJCTAjOJ0ikzg+IzLS4kMIHW1cDzwqd7x+moVToTNvLkUTFJtnsTloo3Ef7mUG2DWR2l' +
      'kIjIrHkxQzmMdfYKjhtaWWUoJgo7O1wkFMnEL6xHCpfW0/3Kua1WlvApXoyA5XQsIuAR0ALee5O8Eldog3dtsUAZNaq0yx1V8q2FdnWCpwxj' +
      'BkweIO3e+MVI1Cmdr8R3/R8SuYABjE3gcLTP7B0xlNAwNxGt8ipwgPVFuY746mIFCE/yBRbwIm6WEMvTNS/oQJrw/3gaCm+eOCGDG774IQTG' +
      'wjmMCVKrLSsyTqxJSJTELJeHrNKCKK+Uk8AgYwRK6+VhaYafCly7Da24MV7RgqbVMgKqqa6s8MfZYzq0i8NGMQ/jk5Vp3pKVWRGmo7LET3wS' +
      'ypVe5IOvITbryeDHHYVQMFIhox4o29FJXn/cpCKsrGgtSgKzosr6Foo51cArS4wR8GSUL86Iq7cVEAlCnql8+MuHC8ob4G+8mA3RxP2hfo/X' +
      '74hBTHQ4uqLgE91szw/mjcRd04NDiJsQFiPYXVMEcKGGRuYlOlcafkSit1SPn+SsioVdHKHWq97s2/81YovrXYLDiRVj8HxYGeaWrG8SgWGp' +
      '8pn5rwMIFQQGdJTL68WMuWdW12kt6Q7x0cVwSJHUwviR+JNQ72xCSoYSu69WSaBJj1VS2WQ9lUBpEO/GQv1twuv8RzHcTBAos+KYn97kPMSj' +
      'i0kFUtfYMO5c1RTceQXs8NhaZiRpMU0tMTCaTm/P9BQxCTVSOImeOWBU+JKMucZZEGTMtnP2WZlYzK3CpCsPVzOCUK6GhwGMuediCsMdIWNj' +
      'GkupYEbLq4Uqi/5m2BgOz3g9WjtPdqnVSebKSXMEQ6DGnZeV85+hnFHsN2YyxX606hWVORBwnoIyvadsYWAgvFZVMoA5YwYw9XPelNuRNyf0' +
      'TM7MMFYFemXT16gk0Vf2ZsL/4Y7NMYFUTB3pDTDhk2/qOU3GkFExQUQwFwFXBI8iVaRS6nTrL/57+CZloRC8f+FgofJU8AA3GvUOZ1zMmp8C' +
      '8gyV/Qec1ypiM7aQTapMNCCLzGwwmeqlvuvpMyEap0juSGCt4BMiYXtkWI2pX0dzj9IaYE7I7WAGVu8CrEzgEVqbSTcmEI4pt9ySodxoF31Y' +
      'pyOIZ5vjqRSJS/AwGJsNtQXCJ2ZKur8yRw64khKVeT0sRSrXfU4mG2RGxds+i9a7Q1CjRkgKGupNwuPiAUxitOabkRFA2NJ8ie4EApGsoggy' +
      'j+9Xz1hZSkqTcanmZTJDKUmk5CRhdFl4mgLa9yh4c2BUqGmxUENza1yThpL5JADtLpB/bliT85CjiwfaT0NRWfkEuGUXKKgCH5iy3qh/KAEU' +
      'uTHseLYroVe3yBoKW4nL8tdD7DgNm4h2CACHka02ZrV+omTnAnYNhvYTD7WH+FN0XL3ET+V6NVsRp8247dDUlpOC7RKnhcQnBnFXP13Mo7s+' +
      'x0hOVEpoT+oX2Vk7jThyos24N/Uz9D6SCT1JJhGuUAw0PXF4dVNrc+EIYovdZ/1OUGYORckAiX1CSjbzPWtby+Ry4Ienx2Mx0vAZwZwjfNhd' +
      'G3pPE04L3WTaGX6tIEXoNT2eg/5IaLOlrFmROse8Dbyhkxr7Dfl35hBCPLrM/eHQBIW+Qhljb5JaHJGuuQEgcnbj+R9EhkJPbxtuIgYFMgqE' +
      'BeF5pyncGOc0yXpVgAiy+lQqBcYTn9rpyTDqrPSr+PgewqKmvvDkZEDvlraSLckBDYvjy2t3Byfg0bRfIOUPHNVFshiZzs9zQXjEP8gquxeY' +
      'dgVrgy64NWS8FE/p16YuY7kJA5gh6eJU7E3ooJziLSTHEiu8lJ+5CappBObiA3JBdbMdO6N86NDopyWLBKaqJa+bq3WgtTbX6lGOzNKfj9OD' +
      'q6tOlTjL4UEFaPFULTUM6NVoLzbD6jVIGXhXehlFYZ52KKYcB2DF0c2ZE0omKuKl2Oda/gI2xDRGs0WOmNYYKAFkDd4j8kBaIGjLFLTL+2TR' +
      '1lDESJDskOCl27UcuEn7bnBFBattImlIdmoa13P/Bs8SSpqUAKWpDlwF4MJEBbz4Ix0V59bqhFX0A0hdso0fuRdoAymyHbHgP8vaw/ADlNHE' +
      'yEsu7dG5Y5n4w9HERxIQKb+WRdvksRVzmgApvxh9MHXix4uYkJnOq1hFrBuLOWjIJwCwAIdRB10tSnZaVyf1u+0oR6aiNVTDYgapX7iLKark' +
      'TnQyhMC41n6BhYWToRJ0xZJW9FyYE4t5tSCSh0HKbJEpUcyB5X054tCVKlHxxc6/mEXDRFsxEG9Jl61ZO9SmzeNwkfiIQdzVT4c5Gvg8IwlR' +
      'Knpfplj16xSKBy9JpcMBJ4mZD/ZhxEKo/GzCoQXLW+rJK74rXzSkLOcNh4nJYV4KFN/X1yYaK30JqCZzaioiFSFPaY4u5muOlYVXecDOhrIc' +
      '3urXri3M4EtWrk8Mu90ax5QXba6cruxUAwPKdIZANfVSClZBa0INKxxMIebnp1WArpi8FZ+n4tzL4c2AgFk1TYFoQcQr+N+004fpUtp7JVYy' +
      'CKnDCXExje3CAyxq1pq1xBCCywpTc4ZAbRlLj8QnBX3qPx9maPRzGJJJUUm18RdLRccF6rrmNV1+NOgCMiok7w==',
  },
  {
    name: 'of a length that was known',
    textBytes: 5000,
    base64:
      'KLUv/WSIEmUUACJGFBiAt23Iq1z+WEGb6VAmpIBIhm0WvEo6BB2pDNqirRlSETASGIQRcZIZKgZfzdcbpGQAfPW1cCpJX9HW1yumui5rlcRb' +
      'q9wzMYI5FDnM8brFkIFAqJFLkgwHgYRGpJKauQ0S4HA4DCW0KCkZNDIiSUFBQaH+zAE8rd4Ob8NA1CmZkRQVVfHACBCY9s30k4g5lmplJ4II' +
      'EQks9FMAMCgWGVTVahzMjuq/DIhlwPqtuKpYziNow1YV0wiGEqE1BTprCeH6eyDfBxvZsFqr01U3QiR1TVLhEl86nEvELi5+I/p7xMOCwz7R' +
      'fIUNTOo7nxEe6wdBnEQ7V+iyaheKCBFEdGKroMtLQFLpgWEKCKzO6dVVKIGLcZmFaWKoSeqkTqu2X3ZtqPH+NMPUyiTJjghecSHAEROQyR4C' +
      'Zdqo+AjghzZoGzy6ThwhLdYhUn/due2iqVFPbeYgRGL0FEpyrVXVCikUTDcBYX3FkqGHFeFBxh+/f26Ultzk5hcjMgkwOzBikF9d1MHL8RnQ' +
      'XzoCNLkIQqPpQtG61JcEZdzw17HkdDVxEBSjzkGMdGuti9HZV2M7mcW8dWCyvZQJtbve0D1W+AOp9BX7NmzkxNpmIUtZQd2XEEG2Em66AoQk' +
      'B+/fIvjdjzfeG0kLJWSthhEZ9MxOWaVAss2CMOR8rqidlx8d7VodxWxcpMj5MM6dDRx/Pk+z6ghPFCwhUUUEVmYXrJ1ajUVy9+FQ11YhyxJn' +
      '+5dIlpnd4ilZwT4n4bJgPDZMzWk0vU8OzO/h4GNQVCa3glAYF6nlIMoinco1SFhwDlZgfoJr4uylqp1PxDeKF0L2IjYJ5mrmMdDGmctNKiXX' +
      'ptP+iU6qimtlI/+IsT8kGY1n',
  },
]
